#pragma once

#include <filesystem>
#include <optional>

#include "base/unique_fd.hpp"

namespace trainyard {

/// An advisory lock (flock) on a file that is made when it is missing, with the folders above it
/// (0700). It is given back when the object or, in whatever way, its process ends. The file stays,
/// until remove_if_free() takes it away.
class LockFile {
 public:
  enum class Mode { shared, exclusive };
  /// Waits for the lock.
  static LockFile acquire(const std::filesystem::path& path, Mode mode = Mode::exclusive);
  /// Nothing when somebody else holds it.
  static std::optional<LockFile> try_acquire(const std::filesystem::path& path,
                                             Mode mode = Mode::exclusive);
  /// Removes a lock's file unless somebody holds it; false then, or when there is none. Safe beside
  /// takers: it is removed by its holder, and who comes to hold a file without a name takes another.
  static bool remove_if_free(const std::filesystem::path& path);

 private:
  explicit LockFile(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace trainyard
