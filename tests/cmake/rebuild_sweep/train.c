#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int write_line(const char *path, const char *before, const char *text, const char *behind) {
  FILE *file = fopen(path, "w");
  if (!file) return 1;
  fprintf(file, "%s%s%s\n", before, text, behind);
  return fclose(file);
}

static int read_line(const char *path, char *line, int size) {
  FILE *file = fopen(path, "r");
  if (!file || !fgets(line, size, file)) return 1;
  line[strcspn(line, "\n")] = 0;
  return fclose(file);
}

/* Eight megabytes: more than SHM_SIZE allows at first. */
static int fill_shared_memory(void) {
  static char block[1 << 20];
  FILE *file = fopen("/dev/shm/batches", "w");
  for (int i = 0; file && i < 8; i++)
    if (fwrite(block, sizeof block, 1, file) != 1) return 1;
  return !file || fclose(file);
}

/* "train final" goes on from the best model; "train RATE DEPTH" reaches an accuracy of their sum. */
int main(int argc, char **argv) {
  char text[100] = "", number[100];
  if (argc == 2) return read_line("best/model.bin", text, sizeof text) || write_line("final.bin", "from ", text, "");
  if (argc != 3 || read_line("data.csv", text, sizeof text)) return 1;
  if (!strcmp(argv[1], "9") && fill_shared_memory()) return 3;
  snprintf(number, sizeof number, "%g", atof(argv[1]) + atof(argv[2]));
  snprintf(text + strlen(text), 50, " %s %s", argv[1], argv[2]);
  return write_line("model.bin", "", text, "") || write_line("model.h", "#define MODEL \"", text, "\"") || write_line("metrics.json", "{\"accuracy\": ", number, "}");
}
