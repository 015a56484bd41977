#include "oci/tree_root.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <memory>

#include "base/error.hpp"
#include "oci/overlay_format.hpp"

namespace trainyard::oci {

namespace {

constexpr int k_folder_flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
/// As the kernel has it.
constexpr int k_most_links = 40;

UniqueFd failed(int error_number) {
  errno = error_number;
  return UniqueFd();
}

UniqueFd duplicate(int folder) {
  return UniqueFd(::fcntl(folder, F_DUPFD_CLOEXEC, 0));
}

/// The walk of one resolution. What it has passed holds no links, so ".." is the part before.
class Walk {
 public:
  Walk(int root, const std::vector<std::string>& parts)
      : root_(root), left_(parts.begin(), parts.end()) {}

  UniqueFd run() {
    restart();
    while (at_ && !left_.empty()) {
      const std::string part = std::move(left_.front());
      left_.pop_front();
      if (part == "..") {
        if (!passed_.empty()) passed_.pop_back();
        restart();
      } else if (!step(part)) {
        return UniqueFd();
      }
    }
    return std::move(at_);
  }

 private:
  /// Opens what has been passed once more from the root.
  void restart() {
    at_ = duplicate(root_);
    for (const std::string& part : passed_)
      if (at_) at_ = UniqueFd(::openat(at_.get(), part.c_str(), k_folder_flags | O_NOFOLLOW));
  }

  bool step(const std::string& part) {
    struct stat status;
    if (::fstatat(at_.get(), part.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return false;
    if (S_ISLNK(status.st_mode)) return follow(part);
    UniqueFd next(::openat(at_.get(), part.c_str(), k_folder_flags | O_NOFOLLOW));
    if (!next) return false;
    at_ = std::move(next);
    passed_.push_back(part);
    return true;
  }

  bool follow(const std::string& part) {
    if (++links_ > k_most_links) {
      errno = ELOOP;
      return false;
    }
    char target[4096];
    const ssize_t length = ::readlinkat(at_.get(), part.c_str(), target, sizeof target);
    if (length < 0) return false;
    const std::string_view text(target, static_cast<size_t>(length));
    if (text.starts_with('/')) {
      passed_.clear();
      restart();
    }
    std::vector<std::string> parts;
    for (size_t start = 0; start <= text.size();) {
      const size_t end = std::min(text.find('/', start), text.size());
      const std::string_view one = text.substr(start, end - start);
      if (!one.empty() && one != ".") parts.emplace_back(one);
      start = end + 1;
    }
    left_.insert(left_.begin(), parts.begin(), parts.end());
    return true;
  }

  int root_;
  std::deque<std::string> left_;
  std::vector<std::string> passed_;
  UniqueFd at_;
  int links_ = 0;
};

using Directory = std::unique_ptr<DIR, int (*)(DIR*)>;

Directory open_directory(int folder, const std::string& name, const std::string& subject) {
  UniqueFd fd(::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  Directory directory(fd ? ::fdopendir(fd.get()) : nullptr, ::closedir);
  if (!directory) throw system_error("removing", subject + "/" + name);
  fd.release();
  return directory;
}

/// Empties one directory: files go, directories move up to `folder` under names of `moved`.
void empty_directory(int folder, const std::string& name, const std::string& subject,
                     std::deque<std::string>& moved, size_t& count) {
  const Directory directory = open_directory(folder, name, subject);
  const int inside = ::dirfd(directory.get());
  while (const dirent* entry = ::readdir(directory.get())) {
    const char* child = entry->d_name;
    if (std::strcmp(child, ".") == 0 || std::strcmp(child, "..") == 0) continue;
    if (::unlinkat(inside, child, 0) == 0) continue;
    if (errno != EISDIR && errno != EPERM) throw system_error("removing", subject + "/" + name);
    // No entry of an archive can have such a name, see split_entry_name's callers.
    const std::string place = std::string(k_reserved_prefix) + "removed-" + std::to_string(count++);
    if (::renameat(inside, child, folder, place.c_str()) != 0)
      throw system_error("removing", subject + "/" + name + "/" + child);
    moved.push_back(place);
  }
}

}  // namespace

std::vector<std::string> split_entry_name(std::string_view name, uint64_t depth) {
  const auto refuse = [&](const char* cause) {
    return usage_error("unpacking the entry", "\"" + std::string(name.substr(0, 300)) + "\"",
                       cause);
  };
  std::vector<std::string> parts;
  for (size_t start = 0; start < name.size();) {
    const size_t end = std::min(name.find('/', start), name.size());
    const std::string_view part = name.substr(start, end - start);
    start = end + 1;
    if (part.empty() || part == ".") continue;
    if (part == "..") throw refuse("its name leads out of the layer through \"..\"");
    if (part.size() > 255) throw refuse("a part of its name is longer than 255 bytes");
    if (depth != 0 && parts.size() == depth) throw refuse("it is nested too deep");
    parts.emplace_back(part);
  }
  return parts;
}

TreeRoot::TreeRoot(UniqueFd folder, std::string subject, PathResolution resolution)
    : folder_(std::move(folder)), subject_(std::move(subject)), resolution_(resolution) {}

UniqueFd TreeRoot::open_folder(const std::vector<std::string>& parts) {
  if (parts.empty()) return duplicate(folder_.get());
  if (resolution_ == PathResolution::walk) return open_by_walk(parts);
  return open_by_kernel(parts);
}

UniqueFd TreeRoot::open_by_kernel(const std::vector<std::string>& parts) {
  std::string path;
  for (const std::string& part : parts) path.append(part).append("/");
  path.pop_back();
  struct open_how how {};
  how.flags = k_folder_flags;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const long fd = ::syscall(SYS_openat2, folder_.get(), path.c_str(), &how, sizeof how);
  if (fd >= 0) return UniqueFd(static_cast<int>(fd));
  // EPERM is what old seccomp filters answer to a call that they do not know.
  if (errno == ENOSYS || errno == EPERM) resolution_ = PathResolution::walk;
  const bool walk = resolution_ == PathResolution::walk || errno == ENAMETOOLONG || errno == EAGAIN;
  return walk ? open_by_walk(parts) : failed(errno);
}

UniqueFd TreeRoot::open_by_walk(const std::vector<std::string>& parts) const {
  return Walk(folder_.get(), parts).run();
}

void remove_in(int folder, const std::string& name, const std::string& subject) {
  if (::unlinkat(folder, name.c_str(), 0) == 0 || errno == ENOENT) return;
  if (errno != EISDIR && errno != EPERM) throw system_error("removing", subject + "/" + name);
  std::deque<std::string> left = {name};
  size_t count = 0;
  while (!left.empty()) {
    const std::string one = std::move(left.front());
    left.pop_front();
    empty_directory(folder, one, subject, left, count);
    if (::unlinkat(folder, one.c_str(), AT_REMOVEDIR) != 0)
      throw system_error("removing", subject + "/" + one);
  }
}

}  // namespace trainyard::oci
