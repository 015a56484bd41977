#include <stdio.h>

int main(int argc, char** argv) {
  FILE* out = fopen(argv[0][0] ? "model.txt" : "", "w");
  FILE* second = fopen("other.txt", "w");
  if (argc < 2 || !out || !second) return 1;
  fprintf(out, "rate %s\n", argv[1]);
  fprintf(second, "rate %s\n", argv[1]);
  return fclose(out) | fclose(second);
}
