#include "base/lock_file.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "base/error.hpp"
#include "base/file.hpp"

namespace trainyard {

namespace {
UniqueFd open_lock(const fs::path& path) {
  const int flags = O_RDWR | O_CREAT | O_CLOEXEC;
  UniqueFd fd(::open(path.c_str(), flags, 0600));
  if (!fd && errno == ENOENT) {
    make_directories(path.parent_path());
    fd.reset(::open(path.c_str(), flags, 0600));
  }
  if (!fd) throw system_error("opening the lock", path.string());
  return fd;
}
}  // namespace

LockFile LockFile::acquire(const fs::path& path, Mode mode) {
  UniqueFd fd = open_lock(path);
  while (::flock(fd.get(), mode == Mode::exclusive ? LOCK_EX : LOCK_SH) != 0)
    if (errno != EINTR) throw system_error("locking", path.string());
  return LockFile(std::move(fd));
}

std::optional<LockFile> LockFile::try_acquire(const fs::path& path, Mode mode) {
  UniqueFd fd = open_lock(path);
  while (::flock(fd.get(), (mode == Mode::exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::nullopt;
    if (errno != EINTR) throw system_error("locking", path.string());
  }
  return LockFile(std::move(fd));
}

}  // namespace trainyard
