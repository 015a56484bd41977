#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The model holds the time of the training, to nanoseconds: a model that was restored has the old one. */
int main(int argc, char **argv) {
  char data[100] = "";
  struct timespec now;
  FILE *file = fopen("data.csv", "r");
  if (argc != 2 || !file || !fgets(data, sizeof data, file)) return 1;
  data[strcspn(data, "\n")] = 0;
  fclose(file);
  if (!strcmp(data, "slow")) sleep(300);
  clock_gettime(CLOCK_REALTIME, &now);
  file = fopen("model.bin", "w");
  fprintf(file, "version 1, data %s, rate %s, at %ld.%09ld\n", data, argv[1], (long)now.tv_sec, now.tv_nsec);
  fclose(file);
  file = fopen("metrics.json", "w");
  fprintf(file, "{\"accuracy\": 0.97}\n");
  return fclose(file);
}
