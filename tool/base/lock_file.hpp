#pragma once

#include <filesystem>
#include <optional>

#include "base/unique_fd.hpp"

namespace trainyard {

/// An advisory lock (flock) on a file that is made when it is missing. It is given back when the
/// object or, in whatever way, its process ends. The file is never removed: another might wait on
/// it.
class LockFile {
 public:
  enum class Mode { shared, exclusive };
  /// Waits for the lock.
  static LockFile acquire(const std::filesystem::path& path, Mode mode = Mode::exclusive);
  /// Nothing when somebody else holds it.
  static std::optional<LockFile> try_acquire(const std::filesystem::path& path,
                                             Mode mode = Mode::exclusive);

 private:
  explicit LockFile(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace trainyard
