#include "engine/native/root_path.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <vector>

#include "base/error.hpp"

namespace trainyard::engine::native {

namespace {

constexpr int k_max_links = 40;  // as the kernel

void push_components_front(std::deque<std::string>& todo, const std::string& path) {
  std::vector<std::string> parts;
  for (size_t start = 0; start < path.size();) {
    const size_t end = std::min(path.find('/', start), path.size());
    if (end > start) parts.push_back(path.substr(start, end - start));
    start = end + 1;
  }
  todo.insert(todo.begin(), parts.begin(), parts.end());
}

/// One step of the way: the folders from the root to here, each held open, so that `..` never asks
/// the file system.
class Walk {
 public:
  explicit Walk(int root_fd) : root_fd_(root_fd) {}

  /// False with errno when the path cannot be followed to its end; `rest` is then what was left.
  bool follow(const std::string& path, std::deque<std::string>& rest) {
    push_components_front(rest, path);
    while (!rest.empty()) {
      const std::string name = rest.front();
      if (name == "." || name == "..") {
        rest.pop_front();
        if (name == ".." && !folders_.empty()) leave();
        continue;
      }
      if (!enter(name, rest)) return false;
    }
    return true;
  }

  int fd() const { return folders_.empty() ? root_fd_ : folders_.back().get(); }
  std::string path() const {
    std::string text;
    for (const std::string& name : names_) text += "/" + name;
    return text.empty() ? "/" : text;
  }

 private:
  void leave() {
    folders_.pop_back();
    names_.pop_back();
  }

  bool enter(const std::string& name, std::deque<std::string>& rest) {
    UniqueFd next(::openat(fd(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!next) return false;
    struct stat info {};
    if (::fstat(next.get(), &info) != 0) return false;
    rest.pop_front();
    if (!S_ISLNK(info.st_mode)) {
      folders_.push_back(std::move(next));
      names_.push_back(name);
      return true;
    }
    std::array<char, PATH_MAX> target{};
    const ssize_t n = ::readlinkat(next.get(), "", target.data(), target.size());
    if (n < 0) return false;
    if (++links_ > k_max_links) {
      errno = ELOOP;
      return false;
    }
    const std::string link(target.data(), static_cast<size_t>(n));
    if (link.starts_with('/')) {
      folders_.clear();
      names_.clear();
    }
    push_components_front(rest, link);
    return true;
  }

  int root_fd_;
  std::vector<UniqueFd> folders_;
  std::vector<std::string> names_;
  int links_ = 0;
};

}  // namespace

ResolvedPath resolve_in_root(int root_fd, const std::string& path) {
  Walk walk(root_fd);
  std::deque<std::string> rest;
  ResolvedPath resolved;
  if (walk.follow(path, rest)) {
    struct stat info {};
    if (::fstat(walk.fd(), &info) != 0) throw system_error("resolving", path);
    resolved = {walk.path(), true, S_ISDIR(info.st_mode)};
    return resolved;
  }
  if (errno != ENOENT) throw system_error("resolving in the image", path);
  resolved.path = walk.path() == "/" ? "" : walk.path();
  // Nothing below the first missing folder exists, so `..` can be taken at its word.
  std::vector<std::string> missing;
  for (const std::string& name : rest) {
    if (name == ".") continue;
    if (name != "..") {
      missing.push_back(name);
    } else if (!missing.empty()) {
      missing.pop_back();
    } else {
      throw Error("resolving in the image", path, "it leads through a folder that does not exist");
    }
  }
  for (const std::string& name : missing) resolved.path += "/" + name;
  if (resolved.path.empty()) resolved.path = "/";
  return resolved;
}

UniqueFd open_in_root_by_walk(int root_fd, const std::string& path, int flags) {
  Walk walk(root_fd);
  std::deque<std::string> rest;
  if (!walk.follow(path, rest)) return {};
  if ((flags & O_PATH) != 0) return UniqueFd(::fcntl(walk.fd(), F_DUPFD_CLOEXEC, 3));
  // The walk ended at a descriptor that is no symlink; /proc turns O_PATH into a real open of that
  // object.
  const std::string self = "/proc/self/fd/" + std::to_string(walk.fd());
  return UniqueFd(::open(self.c_str(), flags | O_CLOEXEC));
}

UniqueFd open_in_root(int root_fd, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const long fd = ::syscall(SYS_openat2, root_fd, path.c_str(), &how, sizeof how);
  if (fd >= 0) return UniqueFd(static_cast<int>(fd));
  // EPERM: an outer container's seccomp filter that does not know the call.
  if (errno == ENOSYS || errno == EPERM) return open_in_root_by_walk(root_fd, path, flags);
  return {};
}

}  // namespace trainyard::engine::native
