#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
  char data[100] = "";
  FILE *file = fopen("data.csv", "r");
  if (argc != 2 || !file || !fgets(data, sizeof data, file)) return 1;
  data[strcspn(data, "\n")] = 0;
  fclose(file);
  file = fopen("model.bin", "w");
  fprintf(file, "%s build, version 1, data %s, rate %s,\n", CONFIGURATION, data, argv[1]);
  fclose(file);
  file = fopen("metrics.json", "w");
  fprintf(file, "{\"accuracy\": 0.97}\n");
  return fclose(file);
}
