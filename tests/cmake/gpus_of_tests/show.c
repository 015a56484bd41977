/* Writes which devices the run has, and how many. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
  const char* devices = getenv("TRAINYARD_DEVICES");
  const char* run = getenv("run");
  if (devices == NULL || run == NULL) return 1;
  int count = 1;
  for (const char* comma = devices; (comma = strchr(comma, ',')) != NULL; ++comma) ++count;
  char path[64];
  snprintf(path, sizeof path, "%s.txt", run);
  FILE* names = fopen(path, "w");
  fputs(devices, names);
  fclose(names);
  snprintf(path, sizeof path, "%s.json", run);
  FILE* metrics = fopen(path, "w");
  fprintf(metrics, "{\"devices\": %d}", count);
  return fclose(metrics);
}
