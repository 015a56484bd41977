/* unix_client SOCKET: sends its standard input to a socket, and prints the first part of the answer. */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char** argv) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  char buffer[1000];
  ssize_t size = argc == 2 ? read(0, buffer, sizeof buffer) : -1;
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (size < 0) return 2;
  strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
  if (connect(fd, (struct sockaddr*)&address, sizeof address) != 0) return 1;
  if (write(fd, buffer, size) != size) return 1;
  size = read(fd, buffer, sizeof buffer);
  return size > 0 && write(1, buffer, size) == size ? 0 : 1;
}
