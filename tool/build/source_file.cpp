#include "build/source_file.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"

namespace trainyard::build {

namespace {

constexpr int k_file_flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

UniqueFd checked(UniqueFd fd, const fs::path& path) {
  if (fd) return fd;
  if (errno == ELOOP || errno == ENOTDIR)
    throw Error("copying", path.string(), "it changed while the image was being built",
                "build again when nothing writes to it any more", ExitCode::failed);
  throw system_error("opening", path.string());
}

}  // namespace

UniqueFd open_source_file_by_walk(const fs::path& path) {
  UniqueFd folder(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  const fs::path relative = path.relative_path();
  for (auto part = relative.begin(); folder && part != relative.end(); ++part) {
    const bool last = std::next(part) == relative.end();
    const int flags = last ? k_file_flags : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    UniqueFd next(::openat(folder.get(), part->c_str(), flags));
    const int number = errno;
    folder = std::move(next);
    errno = number;
  }
  return checked(std::move(folder), path);
}

UniqueFd open_source_file(const fs::path& path) {
  open_how how{};
  how.flags = k_file_flags;
  how.resolve = RESOLVE_NO_SYMLINKS;
  const long fd = ::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how);
  // EPERM is what old seccomp filters answer to a call that they do not know.
  if (fd < 0 && (errno == ENOSYS || errno == EPERM)) return open_source_file_by_walk(path);
  return checked(UniqueFd(static_cast<int>(fd)), path);
}

}  // namespace trainyard::build
