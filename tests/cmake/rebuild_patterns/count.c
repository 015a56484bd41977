#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* How many files there are: data/ and parts/; with --write, a folder of two parts and one other file. */
static int files_in(const char *folder) {
  int count = 0;
  DIR *stream = opendir(folder);
  struct dirent *entry;
  while (stream && (entry = readdir(stream))) count += entry->d_type == DT_REG;
  return count;
}

static void write_number(const char *path, int number) {
  FILE *file = fopen(path, "w");
  fprintf(file, "%d\n", number);
  fclose(file);
}

int main(int argc, char **argv) {
  if (argc > 1 && !strcmp(argv[1], "--write")) {
    mkdir("parts", 0755);
    write_number("parts/1.part", files_in("data"));
    write_number("parts/2.part", 2);
    write_number("parts/log.txt", 3);
    return 0;
  }
  FILE *file = fopen("model.txt", "w");
  fprintf(file, "data %d, sub %d, parts %d\n", files_in("data"), files_in("data/sub"), files_in("parts"));
  return fclose(file);
}
