#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>

#include "base/unique_fd.hpp"

namespace trainyard {

/// An advisory lock (flock) on a file that is made when it is missing, with the folders above it
/// (0700). It is given back when the object or, in whatever way, its process ends. The file stays,
/// until remove_if_free() takes it away, or its holder removes the folder that it lies in.
class LockFile {
 public:
  enum class Mode { shared, exclusive };
  /// Waits for the lock.
  static LockFile acquire(const std::filesystem::path& path, Mode mode = Mode::exclusive);
  /// Nothing when somebody else holds it.
  static std::optional<LockFile> try_acquire(const std::filesystem::path& path,
                                             Mode mode = Mode::exclusive);
  /// Whether somebody holds it alone; nobody does when there is no such file. Makes none, and holds
  /// it shared for a moment. Throws when it cannot be asked.
  static bool is_held(const std::filesystem::path& path);
  /// The process that holds it alone, as the kernel names it to this one. Nothing when nobody does,
  /// or when it cannot be told.
  static std::optional<pid_t> holder(const std::filesystem::path& path);
  /// Removes a lock's file unless somebody holds it; false then, or when there is none. Safe beside
  /// takers: it is removed by its holder, and who comes to hold a file that has lost its name takes
  /// another.
  static bool remove_if_free(const std::filesystem::path& path);

  /// Who inherits it holds the lock too.
  int fd() const { return fd_.get(); }

 private:
  explicit LockFile(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace trainyard
