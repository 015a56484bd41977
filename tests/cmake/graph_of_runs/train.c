/* A model is the sum of the numbers, modulo its width. */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  const int width = argc == 2 ? atoi(argv[1]) : 0;
  int sum = 0, number;
  FILE *in = fopen("table.txt", "r"), *out;
  if (!in || width < 1) return 1;
  while (fscanf(in, "%d", &number) == 1) sum += number;
  out = fopen(width < 4 ? "small.bin" : "large.bin", "w");
  fprintf(out, "model %d of width %d\n", sum % width, width);
  return fclose(out);
}
