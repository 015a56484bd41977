#include "store/remove_tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace trainyard::store {

namespace {

struct Entry {
  std::string name;
  bool folder;
};

bool is_folder(int parent, const char* name) {
  struct stat status {};
  return ::fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

/// Read as a whole before anything is removed: readdir says nothing about a folder that changes
/// meanwhile. `path` is what is being removed.
std::vector<Entry> entries_of(int folder, const std::string& path) {
  const auto close = [](DIR* stream) { ::closedir(stream); };
  std::unique_ptr<DIR, decltype(close)> stream(::fdopendir(::fcntl(folder, F_DUPFD_CLOEXEC, 0)),
                                               close);
  std::vector<Entry> entries;
  if (!stream) throw system_error("removing", path);
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr && errno != 0) throw system_error("removing", path);
    if (entry == nullptr) break;
    const char* name = entry->d_name;
    if (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) continue;
    const bool folder_entry =
        entry->d_type == DT_UNKNOWN ? is_folder(folder, name) : entry->d_type == DT_DIR;
    entries.push_back({name, folder_entry});
  }
  return entries;
}

class TreeRemover {
 public:
  explicit TreeRemover(const fs::path& path)
      : path_(path.string()),
        parent_(::open(path.has_parent_path() ? path.parent_path().c_str() : ".",
                       O_PATH | O_DIRECTORY | O_CLOEXEC)),
        name_(path.filename().string()) {}

  void run() {
    if (!parent_) return refuse_unless_gone();
    if (::unlinkat(parent_.get(), name_.c_str(), 0) == 0) return;
    if (errno == ENOENT) return;
    if (!is_folder(parent_.get(), name_.c_str())) throw system_error("removing", path_);
    top_ = open_folder(parent_.get(), name_);
    if (!top_) return refuse_unless_gone();
    empty_folder(top_.get());
    while (!pending_.empty()) {
      const std::string name = std::move(pending_.back());
      pending_.pop_back();
      UniqueFd folder = open_folder(top_.get(), name);
      if (!folder) {
        refuse_unless_gone();
        continue;
      }
      empty_folder(folder.get());
      folder.reset();
      remove_empty(top_.get(), name);
    }
    remove_empty(parent_.get(), name_);
  }

 private:
  void refuse_unless_gone() const {
    if (errno != ENOENT) throw system_error("removing", path_);
  }

  /// Reading, emptying and moving a folder need its own permission bits.
  static void make_usable(int parent, const std::string& name) {
    struct stat status {};
    if (::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISDIR(status.st_mode) && (status.st_mode & S_IRWXU) != S_IRWXU)
      ::fchmodat(parent, name.c_str(), S_IRWXU, 0);
  }

  static UniqueFd open_folder(int parent, const std::string& name) {
    make_usable(parent, name);
    return UniqueFd(
        ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  }

  void remove_empty(int parent, const std::string& name) const {
    if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0) refuse_unless_gone();
  }

  void empty_folder(int folder) {
    for (const Entry& entry : entries_of(folder, path_)) {
      if (!entry.folder) {
        if (::unlinkat(folder, entry.name.c_str(), 0) != 0) refuse_unless_gone();
      } else if (folder == top_.get()) {
        pending_.push_back(entry.name);
      } else if (::unlinkat(folder, entry.name.c_str(), AT_REMOVEDIR) != 0) {
        move_up(folder, entry.name);
      }
    }
  }

  void move_up(int folder, const std::string& name) {
    make_usable(folder, name);
    const std::string fresh = prefix_ + std::to_string(count_++);
    if (::renameat(folder, name.c_str(), top_.get(), fresh.c_str()) != 0)
      return refuse_unless_gone();
    pending_.push_back(fresh);
  }

  std::string path_;
  UniqueFd parent_;
  std::string name_;
  UniqueFd top_;
  std::vector<std::string> pending_;  ///< folders directly below the top
  std::string prefix_ = ".removing-" + random_name(12) + "-";
  size_t count_ = 0;
};

}  // namespace

void remove_tree(const fs::path& path) {
  TreeRemover(absolute_normal(path)).run();
}

}  // namespace trainyard::store
