/* The wider the better. */
#include <stdio.h>

int main(int argc, char **argv) {
  int sum, width;
  FILE *in = argc == 3 ? fopen(argv[1], "r") : NULL, *out;
  if (!in || fscanf(in, "model %d of width %d", &sum, &width) != 2) return 1;
  out = fopen(argv[2], "w");
  fprintf(out, "{\"quality\": %d}\n", width * 10);
  return fclose(out);
}
