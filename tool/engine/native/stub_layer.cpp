#include "engine/native/stub_layer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <set>
#include <sstream>

#include "base/error.hpp"
#include "base/sha256.hpp"

namespace trainyard::engine::native {

namespace {

constexpr int k_folder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

std::vector<std::string> attribute_names(int fd) {
  if (::flistxattr(fd, nullptr, 0) == 0) return {};
  std::vector<char> list(64 * 1024);
  const ssize_t size = ::flistxattr(fd, list.data(), list.size());
  std::vector<std::string> names;
  for (ssize_t at = 0; at < size;) {
    names.emplace_back(list.data() + at);
    at += static_cast<ssize_t>(names.back().size()) + 1;
  }
  return names;
}

std::map<std::string, std::string> attributes_of(int fd) {
  std::map<std::string, std::string> attributes;
  for (const std::string& name : attribute_names(fd)) {
    // Those of overlayfs speak of the layer they are in.
    if (name.starts_with("user.overlay.") || name.starts_with("trusted.")) continue;
    std::string value(64 * 1024, '\0');
    const ssize_t size = ::fgetxattr(fd, name.c_str(), value.data(), value.size());
    if (size < 0) continue;
    value.resize(static_cast<size_t>(size));
    attributes[name] = std::move(value);
  }
  return attributes;
}

void copy_attributes(int from, int to, const std::string& path) {
  for (const auto& [name, value] : attributes_of(from))
    if (::fsetxattr(to, name.c_str(), value.data(), value.size(), 0) != 0 && errno != EPERM &&
        errno != ENOTSUP)
      throw system_error("copying attribute " + name + " of", path);
}

void make_opaque_folder(int layer, const char* name) {
  if (::mkdirat(layer, name, 0755) != 0) throw system_error("making in the trusted layer", name);
  const UniqueFd fd(::openat(layer, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd || ::fsetxattr(fd.get(), "user.overlay.opaque", "y", 1, 0) != 0)
    throw system_error("making opaque in the trusted layer", name)
        .with_hint(
            "the store's file system must keep user.* extended attributes (ext4, xfs and btrfs "
            "do)");
}

class Maker {
 public:
  Maker(int layer, int image_root) : layer_(layer), image_root_(image_root) {}

  void add(const StubTarget& target) {
    const size_t slash = target.at.path.rfind('/');
    const UniqueFd parent = folder(target.at.path.substr(0, slash));
    const std::string name = target.at.path.substr(slash + 1);
    if (target.kind == StubTarget::Kind::folder) {
      if (::mkdirat(parent.get(), name.c_str(), 0755) != 0 && errno != EEXIST)
        throw system_error("making a mount target in the trusted layer", target.at.path);
      return;
    }
    const UniqueFd file(
        ::openat(parent.get(), name.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!file) throw system_error("making a mount target in the trusted layer", target.at.path);
  }

  /// Last, because every entry that is made changes its folder's times. Deeper folders first.
  void take_metadata_from_image() {
    for (auto made = folders_.rbegin(); made != folders_.rend(); ++made) {
      const UniqueFd image = open_in_root(image_root_, made->first, k_folder);
      if (image) copy_metadata(image.get(), made->second.get(), made->first);
    }
  }

 private:
  /// Opens (and makes) a folder of the layer by its resolved path.
  UniqueFd folder(const std::string& path) {
    UniqueFd here(::fcntl(layer_, F_DUPFD_CLOEXEC, 3));
    for (size_t start = 1; start < path.size();) {
      const size_t end = std::min(path.find('/', start), path.size());
      const std::string name = path.substr(start, end - start);
      if (::mkdirat(here.get(), name.c_str(), 0755) != 0 && errno != EEXIST)
        throw system_error("making in the trusted layer", path);
      UniqueFd next(
          ::openat(here.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!next) throw system_error("opening in the trusted layer", path);
      here = std::move(next);
      remember(path.substr(0, end), here);
      start = end + 1;
    }
    return here;
  }

  void remember(const std::string& path, const UniqueFd& fd) {
    if (!folders_.contains(path))
      folders_.emplace(path, UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3)));
  }

  int layer_;
  int image_root_;
  std::map<std::string, UniqueFd> folders_;
};

bool is_folder(int folder, const char* name) {
  struct stat info {};
  return ::fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode);
}

void check_kind(const StubTarget& target) {
  if (target.at.is_directory == (target.kind == StubTarget::Kind::folder)) return;
  const bool folder = target.kind == StubTarget::Kind::folder;
  throw usage_error("mounting at", target.at.path,
                    folder ? "it is a file in the image, and what is mounted is a folder"
                           : "it is a folder in the image, and what is mounted is a file",
                    "choose another target");
}

}  // namespace

void copy_metadata(int from, int to, const std::string& path) {
  const std::string name = path.empty() ? "the container's root folder" : path;
  struct stat info {};
  if (::fstat(from, &info) != 0) throw system_error("looking at", name);
  // EINVAL: an owner that does not exist in this user namespace; nobody inside could tell it apart.
  if (::fchown(to, info.st_uid, info.st_gid) != 0 && errno != EINVAL)
    throw system_error("setting the owner of", name);
  if (::fchmod(to, info.st_mode & 07777) != 0) throw system_error("setting the mode of", name);
  copy_attributes(from, to, name);
  const timespec times[2] = {info.st_atim, info.st_mtim};
  if (::futimens(to, times) != 0) throw system_error("setting the times of", name);
}

StubLayer::StubLayer(int image_root, const std::vector<StubTarget>& targets)
    : image_root_(image_root) {
  for (const char* name : {"dev", "proc", "sys"})
    if (!is_folder(image_root, name)) system_folders_.push_back(name);
  for (const StubTarget& target : targets) {
    if (target.at.exists)
      check_kind(target);
    else
      missing_.push_back(target);
  }
}

std::string StubLayer::shared_name() const {
  std::ostringstream text;
  for (const char* name : system_folders_) text << name << '\n';
  std::set<std::string> ways;
  for (const StubTarget& target : missing_) {
    text << static_cast<int>(target.kind) << target.at.path << '\0';
    for (size_t end = 1; (end = target.at.path.find('/', end)) != std::string::npos; ++end)
      ways.insert(target.at.path.substr(0, end));
  }
  for (const std::string& way : ways) {
    const UniqueFd fd = open_in_root(image_root_, way, k_folder);
    struct stat info {};
    if (!fd || ::fstat(fd.get(), &info) != 0) continue;
    if (info.st_uid != 0 || info.st_gid != 0) return {};
    text << way << '\0' << info.st_mode << ' ' << info.st_mtim.tv_sec << ' ' << info.st_mtim.tv_nsec
         << '\n';
    for (const auto& [name, value] : attributes_of(fd.get()))
      text << name << '\0' << value.size() << ' ' << value;
  }
  return "stub-" + sha256_hex(text.str());
}

void StubLayer::make(const fs::path& layer) const {
  if (::mkdir(layer.c_str(), 0755) != 0) throw system_error("making", layer.string());
  const UniqueFd fd(::open(layer.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw system_error("opening", layer.string());
  for (const char* name : system_folders_) make_opaque_folder(fd.get(), name);
  Maker maker(fd.get(), image_root_);
  for (const StubTarget& target : missing_) maker.add(target);
  maker.take_metadata_from_image();
}

}  // namespace trainyard::engine::native
