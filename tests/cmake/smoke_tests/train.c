#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Where its parameters say so, it writes what they are; "out" is there when the run declares something in it. */
int main(void) {
  const char *epochs = getenv("epochs"), *rate = getenv("rate");
  struct stat status;
  int below = !stat("out", &status);
  FILE *file = fopen(below ? "out/model.bin" : "model.bin", "w");
  fprintf(file, "epochs %s\n", epochs);
  fclose(file);
  file = fopen(below ? "out/metrics.json" : "metrics.json", "w");
  fprintf(file, "{\"epochs\": %s, \"rate\": %s}\n", epochs, rate ? rate : "0");
  return fclose(file);
}
