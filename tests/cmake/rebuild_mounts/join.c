#include <stdio.h>

/* join DATA SECRET OUT: writes the data, and how long the secret is. */
int main(int argc, char** argv) {
  FILE* data = argc == 4 ? fopen(argv[1], "r") : NULL;
  FILE* secret = data ? fopen(argv[2], "r") : NULL;
  FILE* out = secret ? fopen(argv[3], "w") : NULL;
  int size = 0;
  if (!out) return 1;
  for (int c; (c = getc(data)) != EOF;) putc(c, out);
  while (getc(secret) != EOF) ++size;
  fprintf(out, "%d bytes\n", size);
  return fclose(out) == 0 ? 0 : 1;
}
