#include <stdio.h>
#include <stdlib.h>

/* Bytes as hexadecimal digits, a value a line. */
static void show(FILE *file, const char *value) {
  for (; value && *value; ++value) fprintf(file, "%02x", (unsigned char)*value);
  fputc('\n', file);
}

int main(int argc, char **argv) {
  FILE *input = fopen("an input ü", "r");
  FILE *file = fopen("values.txt", "w");
  if (!input || !file) return 1;
  for (int i = 1; i < argc; ++i) show(file, argv[i]);
  show(file, getenv("LIST"));
  show(file, getenv("QUOTED"));
  show(file, getenv("LINES"));
  show(file, getenv("lr"));
  return fclose(file);
}
