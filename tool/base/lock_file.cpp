#include "base/lock_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

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

bool has_a_name(const UniqueFd& fd) {
  struct stat status {};
  return ::fstat(fd.get(), &status) == 0 && status.st_nlink > 0;
}

int operation_of(LockFile::Mode mode) {
  return mode == LockFile::Mode::exclusive ? LOCK_EX : LOCK_SH;
}
}  // namespace

LockFile LockFile::acquire(const fs::path& path, Mode mode) {
  for (;;) {
    UniqueFd fd = open_lock(path);
    take(fd, operation_of(mode), path);
    if (has_a_name(fd)) return LockFile(std::move(fd));
  }
}

std::optional<LockFile> LockFile::try_acquire(const fs::path& path, Mode mode) {
  for (;;) {
    UniqueFd fd = open_lock(path);
    if (!take(fd, operation_of(mode) | LOCK_NB, path)) return std::nullopt;
    if (has_a_name(fd)) return LockFile(std::move(fd));
  }
}

bool LockFile::remove_if_free(const fs::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd && errno == ENOENT) return false;
  if (!fd) throw system_error("opening the lock", path.string());
  if (!take(fd, LOCK_EX | LOCK_NB, path) || !has_a_name(fd)) return false;
  return remove_file(path);
}

}  // namespace trainyard
