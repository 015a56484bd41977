#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <vector>

#include "base/error.hpp"
#include "base/holes.hpp"
#include "base/unique_fd.hpp"
#include "oci/image_config.hpp"
#include "oci/layer_tar.hpp"
#include "oci/overlay_format.hpp"
#include "oci/tar_header.hpp"
#include "oci/tar_sink.hpp"

namespace trainyard::oci {

namespace {

/// Levels that the walk goes down: it keeps a frame for each on the stack.
constexpr unsigned k_deepest = 8192;
/// Levels whose folders stay open meanwhile; deeper ones are reached again through "..".
constexpr unsigned k_open_levels = 128;

UniqueFd open_folder(int at, const char* name, const std::string& subject) {
  UniqueFd fd(::openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) throw system_error("opening", subject);
  return fd;
}

struct stat status_of(int fd, const std::string& subject) {
  struct stat status;
  if (::fstat(fd, &status) != 0) throw system_error("looking at", subject);
  return status;
}

std::vector<std::string> sorted_names(int folder, const std::string& subject) {
  UniqueFd copy = open_folder(folder, ".", subject);
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(copy.get()), ::closedir);
  if (!stream) throw system_error("listing", subject);
  copy.release();
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  if (errno != 0) throw system_error("listing", subject);
  std::sort(names.begin(), names.end());
  return names;
}

class LayerWriter {
 public:
  LayerWriter(const std::filesystem::path& tree, int out)
      : tree_(tree.string()), sink_(out, "the layer of " + tree_) {}

  LayerTar write() {
    UniqueFd root = open_folder(AT_FDCWD, tree_.c_str(), tree_);
    write_root(root.get());
    write_children(root, 0);
    sink_.append_zeros(2 * k_tar_block);
    LayerTar result;
    result.entries = entries_;
    result.size = sink_.size();
    result.diff_id = sink_.finish();
    return result;
  }

 private:
  /// For messages: the entry that `path_` stands at.
  std::string subject() const { return tree_ + "/" + path_; }

  void put_header(const TarEntry& entry) {
    sink_.append(encode_tar_header(entry));
    ++entries_;
  }

  TarEntry entry_of(const struct stat& status) const {
    TarEntry entry;
    entry.name = path_;
    entry.mode = status.st_mode & 07777;
    entry.uid = status.st_uid;
    entry.gid = status.st_gid;
    entry.seconds = status.st_mtim.tv_sec;
    entry.nanoseconds = status.st_mtim.tv_nsec;
    return entry;
  }

  /// An empty file whose only meaning is its name.
  void put_marker(std::string name) {
    TarEntry entry;
    entry.name = std::move(name);
    entry.seconds = k_constant_seconds;
    put_header(entry);
  }

  void set_xattrs(TarEntry& entry, const std::map<std::string, std::string>& xattrs) const {
    for (const auto& [name, value] : xattrs)
      if (const auto in_tar = xattr_in_tar(name)) entry.xattrs[*in_tar] = value;
  }

  void write_root(int root) {
    TarEntry entry = entry_of(status_of(root, tree_));
    const auto xattrs = read_xattrs(root, tree_);
    set_xattrs(entry, xattrs);
    if (entry.mode != 0755 || entry.uid != 0 || entry.gid != 0 || !entry.xattrs.empty()) {
      entry.name = "./";
      entry.type = TarEntry::Type::directory;
      put_header(entry);
    }
    if (is_opaque(xattrs)) put_marker(std::string(k_opaque_name));
  }

  void write_children(UniqueFd& folder, unsigned depth) {
    if (depth > k_deepest)
      throw Error("writing the layer of", subject(), "its folders are nested too deep");
    const size_t length = path_.size();
    for (const std::string& name : sorted_names(folder.get(), subject())) {
      path_.append(name);
      write_entry(folder, name, depth);
      path_.resize(length);
    }
  }

  void write_entry(UniqueFd& folder, const std::string& name, unsigned depth) {
    struct stat status;
    if (::fstatat(folder.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
      throw system_error("looking at", subject());
    if (S_ISSOCK(status.st_mode)) return;
    if (is_whiteout(status)) {
      put_marker(path_.substr(0, path_.size() - name.size()).append(k_whiteout_prefix) + name);
      return;
    }
    if (name.starts_with(k_whiteout_prefix))
      throw Error("writing the layer of", subject(),
                  "its name starts with .wh., which means a removal in an image layer",
                  "remove or rename the file in the step that makes it", ExitCode::usage);
    if (S_ISDIR(status.st_mode)) return write_folder(folder, name, depth);
    if (status.st_nlink > 1 && put_link_to_first(status)) return;
    if (S_ISREG(status.st_mode)) return write_file(folder.get(), name);
    write_special(folder.get(), name, status);
  }

  void write_folder(UniqueFd& parent, const std::string& name, unsigned depth) {
    UniqueFd folder = open_folder(parent.get(), name.c_str(), subject());
    path_ += '/';
    TarEntry entry = entry_of(status_of(folder.get(), subject()));
    entry.type = TarEntry::Type::directory;
    const auto xattrs = read_xattrs(folder.get(), subject());
    set_xattrs(entry, xattrs);
    put_header(entry);
    if (is_opaque(xattrs)) put_marker(path_ + std::string(k_opaque_name));
    if (depth < k_open_levels) return write_children(folder, depth + 1);

    const struct stat before = status_of(parent.get(), subject());
    parent.reset();
    write_children(folder, depth + 1);
    parent = open_folder(folder.get(), "..", subject());
    const struct stat after = status_of(parent.get(), subject());
    if (before.st_dev != after.st_dev || before.st_ino != after.st_ino)
      throw Error("writing the layer of", subject(), "the folder was moved meanwhile");
  }

  /// Whether an earlier entry is the same file; the first one is remembered.
  bool put_link_to_first(const struct stat& status) {
    const auto [it, first] = first_names_.try_emplace({status.st_dev, status.st_ino}, path_);
    if (first) return false;
    TarEntry entry = entry_of(status);
    entry.type = TarEntry::Type::hard_link;
    entry.link_target = it->second;
    put_header(entry);
    return true;
  }

  void write_file(int folder, const std::string& name) {
    const UniqueFd file(
        ::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file) throw system_error("opening", subject());
    const struct stat status = status_of(file.get(), subject());
    refuse_large_holes(status, "writing the layer of", subject());
    TarEntry entry = entry_of(status);
    entry.size = static_cast<uint64_t>(status.st_size);
    set_xattrs(entry, read_xattrs(file.get(), subject()));
    put_header(entry);
    copy_content(file.get(), entry.size);
    sink_.append_zeros(tar_padding(entry.size));
  }

  void copy_content(int file, uint64_t size) {
    uint64_t left = size;
    while (left > 0) {
      const std::span<char> space = sink_.space();
      const ssize_t got = ::read(file, space.data(), std::min<uint64_t>(space.size(), left));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw system_error("reading", subject());
      if (got == 0) throw changed();
      sink_.commit(static_cast<size_t>(got));
      left -= static_cast<uint64_t>(got);
    }
    if (size > 0 && static_cast<uint64_t>(status_of(file, subject()).st_size) != size)
      throw changed();
  }

  Error changed() const {
    return Error("writing the layer of", subject(), "the file changed its size while it was read",
                 "something still writes to the layer's folder; build again when it has ended");
  }

  void write_special(int folder, const std::string& name, const struct stat& status) {
    TarEntry entry = entry_of(status);
    if (S_ISLNK(status.st_mode)) {
      entry.type = TarEntry::Type::symbolic_link;
      entry.mode = 0777;
      entry.link_target = read_link(folder, name);
    } else if (S_ISFIFO(status.st_mode)) {
      entry.type = TarEntry::Type::fifo;
    } else {
      entry.type =
          S_ISCHR(status.st_mode) ? TarEntry::Type::character_device : TarEntry::Type::block_device;
      entry.device_major = major(status.st_rdev);
      entry.device_minor = minor(status.st_rdev);
    }
    put_header(entry);
  }

  std::string read_link(int folder, const std::string& name) const {
    std::string target(4096, '\0');  // the kernel's longest
    const ssize_t got = ::readlinkat(folder, name.c_str(), target.data(), target.size());
    if (got < 0) throw system_error("reading the link", subject());
    target.resize(static_cast<size_t>(got));
    return target;
  }

  std::string tree_;
  TarSink sink_;
  std::string path_;  ///< of the entry at hand, relative to the tree
  uint64_t entries_ = 0;
  std::map<std::pair<dev_t, ino_t>, std::string> first_names_;
};

}  // namespace

LayerTar write_layer_tar(const std::filesystem::path& tree, int out) {
  return LayerWriter(tree, out).write();
}

}  // namespace trainyard::oci
