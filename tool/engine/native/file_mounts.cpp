#include "engine/native/file_mounts.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/error.hpp"
#include "base/unique_fd.hpp"

namespace trainyard::engine::native {

namespace {

void bind(const fs::path& source, const fs::path& target) {
  if (::mount(source.c_str(), target.c_str(), nullptr, MS_BIND, nullptr) == 0) return;
  if (errno == ENOSPC)  // of mounts: fs.mount-max in a namespace, and the runtime needs them too
    throw Error("mounting", source.string(), "the kernel allows no more mounts",
                "name the folder itself as the input, or raise sysctl fs.mount-max");
  throw system_error("mounting", source.string());
}

void make_empty_file(const fs::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  if (!fd) throw system_error("making", path.string());
}

void show_file(const fs::path& source, const fs::path& place) {
  make_empty_file(place);
  struct stat status {};
  if (::stat(source.c_str(), &status) == 0 && S_ISREG(status.st_mode)) bind(source, place);
}

/// A bind mount takes no account of what lies below: each mount is told for itself.
void make_read_only(const fs::path& folder) {
  struct mount_attr attributes {};
  attributes.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  if (::mount_setattr(AT_FDCWD, folder.c_str(), AT_RECURSIVE, &attributes, sizeof attributes) != 0)
    throw system_error("making read-only", folder.string());
}

}  // namespace

void FileMounts::prepare(Mount& mount) {
  if (mount.kind != Mount::Kind::files) return;
  const fs::path shown = scratch_ / ("files-" + std::to_string(count_++));
  make_directories(shown);
  bind(shown, shown);
  for (const std::string& name : mount.names) {
    const fs::path place = shown / name;
    make_directories(place.parent_path());  // of "folder/" that is the folder
    if (!name.ends_with('/')) show_file(mount.source / name, place);
  }
  make_read_only(shown);
  mount.kind = Mount::Kind::bind;
  mount.source = shown;
  mount.access = Mount::Access::read_only;
}

}  // namespace trainyard::engine::native
