#include "base/lock_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>

#include "base/error.hpp"
#include "base/file.hpp"

namespace trainyard {

namespace {
UniqueFd open_lock(const fs::path& path) {
  const int flags = O_RDWR | O_CREAT | O_CLOEXEC;
  UniqueFd fd(::open(path.c_str(), flags, 0600));
  if (!fd && errno == ENOENT) {
    make_directories(path.parent_path(), 0700);
    fd.reset(::open(path.c_str(), flags, 0600));
  }
  if (!fd) throw system_error("opening the lock", path.string());
  return fd;
}

/// Taken as `operation` of flock(2) says; false when somebody holds it and we are not to wait.
bool take(const UniqueFd& fd, int operation, const fs::path& path) {
  while (::flock(fd.get(), operation) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) throw system_error("locking", path.string());
  }
  return true;
}

/// Who waited at the door may come to hold a file that was removed, or moved with its folder.
bool has_its_name(const UniqueFd& fd, const fs::path& path) {
  struct stat held {};
  struct stat named {};
  return ::fstat(fd.get(), &held) == 0 && ::stat(path.c_str(), &named) == 0 &&
         held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

int operation_of(LockFile::Mode mode) {
  return mode == LockFile::Mode::exclusive ? LOCK_EX : LOCK_SH;
}
}  // namespace

LockFile LockFile::acquire(const fs::path& path, Mode mode) {
  for (;;) {
    UniqueFd fd = open_lock(path);
    take(fd, operation_of(mode), path);
    if (has_its_name(fd, path)) return LockFile(std::move(fd));
  }
}

std::optional<LockFile> LockFile::try_acquire(const fs::path& path, Mode mode) {
  for (;;) {
    UniqueFd fd = open_lock(path);
    if (!take(fd, operation_of(mode) | LOCK_NB, path)) return std::nullopt;
    if (has_its_name(fd, path)) return LockFile(std::move(fd));
  }
}

bool LockFile::is_held(const fs::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd && errno == ENOENT) return false;
  if (!fd) throw system_error("opening the lock", path.string());
  return !take(fd, LOCK_SH | LOCK_NB, path);
}

std::optional<pid_t> LockFile::holder(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  // "1: FLOCK  ADVISORY  WRITE 4711 fe:00:1234 0 EOF"; on some file systems the device's numbers
  // are not those that stat(2) gives. Who waits stands there too, behind "1: ->".
  const std::string inode = ":" + std::to_string(status.st_ino);
  std::istringstream lines(read_file_if_exists("/proc/locks").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string number, kind, advisory, mode, place;
    pid_t pid = 0;
    words >> number >> kind >> advisory >> mode >> pid >> place;
    if (kind == "FLOCK" && mode == "WRITE" && pid > 0 && place.ends_with(inode)) return pid;
  }
  return std::nullopt;
}

bool LockFile::remove_if_free(const fs::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd && errno == ENOENT) return false;
  if (!fd) throw system_error("opening the lock", path.string());
  if (!take(fd, LOCK_EX | LOCK_NB, path) || !has_its_name(fd, path)) return false;
  return remove_file(path);
}

}  // namespace trainyard
