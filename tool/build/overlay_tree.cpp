#include "build/overlay_tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <array>
#include <cerrno>
#include <memory>

#include "base/error.hpp"
#include "oci/overlay_format.hpp"

namespace trainyard::build {

namespace {

constexpr std::array<const char*, 2> k_marks = {oci::k_opaque_xattr, "trusted.overlay.opaque"};

}  // namespace

std::vector<std::string> names_in(const fs::path& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  if (!dir) throw system_error("reading folder", folder.string());
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
    errno = 0;
  }
  if (errno != 0) throw system_error("reading folder", folder.string());
  return names;
}

bool is_opaque(const fs::path& folder) {
  char value = 0;
  for (const char* name : k_marks)
    if (::lgetxattr(folder.c_str(), name, &value, 1) == 1 && value == 'y') return true;
  return false;
}

void mark_opaque(const fs::path& folder) {
  if (::lsetxattr(folder.c_str(), oci::k_opaque_xattr, "y", 1, 0) != 0)
    throw system_error("marking as opaque the folder", folder.string());
}

void clear_opaque(const fs::path& folder) {
  for (const char* name : k_marks) ::lremovexattr(folder.c_str(), name);
}

void set_mtime(const fs::path& path, timespec time) {
  const std::array<timespec, 2> times = {timespec{0, UTIME_OMIT}, time};
  if (::utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0)
    throw system_error("setting the time of", path.string());
}

}  // namespace trainyard::build
