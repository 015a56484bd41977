#include "training/scratch_walk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.hpp"

namespace trainyard::training {

UniqueFd open_beneath(int root, const std::string& relative, int flags) {
  struct open_how how {};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (;;) {
    const long fd = ::syscall(SYS_openat2, root, relative.c_str(), &how, sizeof how);
    if (fd >= 0) return UniqueFd(static_cast<int>(fd));
    if (errno == ENOSYS || errno == EPERM) return open_beneath_by_walking(root, relative, flags);
    // A rename elsewhere made the kernel unsure about "..": it asks to try again.
    if (errno != EAGAIN && errno != EINTR) return {};
  }
}

UniqueFd open_beneath_by_walking(int root, const std::string& relative, int flags) {
  UniqueFd folder(::fcntl(root, F_DUPFD_CLOEXEC, 3));
  const fs::path path(relative);
  for (auto part = path.begin(); folder && part != path.end(); ++part) {
    if (*part == "..") {
      errno = EXDEV;
      return {};
    }
    const bool last = std::next(part) == path.end();
    const int how = last ? flags | O_NOFOLLOW : O_PATH | O_DIRECTORY | O_NOFOLLOW;
    UniqueFd next(::openat(folder.get(), part->c_str(), how | O_CLOEXEC));
    const int number = errno;
    folder = std::move(next);
    errno = number;
  }
  return folder;
}

std::vector<std::string> names_in(int folder, const std::string& name) {
  // fdopendir takes its descriptor over, and shares the position of a duplicate: open the folder
  // anew.
  const int own = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* stream = own >= 0 ? ::fdopendir(own) : nullptr;
  if (stream == nullptr) {
    const int number = errno;
    if (own >= 0) ::close(own);
    throw system_error("reading folder", name, number);
  }
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream))
    if (std::strcmp(entry->d_name, ".") != 0 && std::strcmp(entry->d_name, "..") != 0)
      names.emplace_back(entry->d_name);
  const int number = errno;
  ::closedir(stream);
  if (number != 0) throw system_error("reading folder", name, number);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace trainyard::training
