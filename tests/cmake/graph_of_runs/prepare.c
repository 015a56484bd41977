/* Leaves comments out. */
#include <stdio.h>

int main(void) {
  char line[200];
  FILE *in = fopen("data.txt", "r"), *out = fopen("table.txt", "w");
  if (!in || !out) return 1;
  while (fgets(line, sizeof line, in))
    if (line[0] != '#') fputs(line, out);
  return fclose(out);
}
