/* Holds a lock of each slot that it was given (TRAINYARD_DEVICES) as long as its command runs: whoever is given a slot
   that somebody else uses fails. The locks are files in the folder "locks", which all containers see. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

int main(int argc, char** argv) {
  char* slots = getenv("TRAINYARD_DEVICES");
  if (slots == NULL || argc < 2) return 6;
  slots = strdup(slots);
  for (char* slot = strtok(slots, ","); slot != NULL; slot = strtok(NULL, ",")) {
    char path[256];
    snprintf(path, sizeof path, "locks/%s", slot);
    if (flock(open(path, O_RDONLY), LOCK_EX | LOCK_NB) != 0) {
      fprintf(stderr, "%s is used twice\n", slot);
      return 7;
    }
  }
  execvp(argv[1], argv + 1);
  return 8;
}
