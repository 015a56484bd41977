#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/file.hpp"

namespace trainyard::build {

/// Bytes of a layer that only repeat files of earlier ones.
struct RepeatedBytes {
  uint64_t changed = 0;  ///< with another owner, mode or attribute
  uint64_t moved = 0;    ///< at another place
};

/// Counts the bytes that a step's layer repeats from the layers below: overlay copies a whole file
/// up when its owner or mode changes or when it is moved. A copy keeps size and time, so no content
/// is read. Files below 64 KiB do not count.
class RepeatedFiles {
 public:
  /// Whether a file of this size does.
  static bool counts(const struct stat& status);
  /// A regular file of the layer, and what stands at its path below, if anything does.
  void add(const std::string& path, const struct stat& own, const struct stat* lower);
  /// A path that the layer takes away.
  void add_removed(const std::string& path) { removed_.push_back(path); }
  /// Of files that only have another owner, mode or attribute.
  uint64_t changed() const { return changed_; }
  /// Of files that stood elsewhere; `below` is the root of the layers below. Looks at no more than
  /// 20 000 of what was removed.
  uint64_t moved(const fs::path& below) const;

 private:
  struct File {
    std::string name;
    off_t size;
    int64_t seconds;  ///< not all copying programs keep what is finer
    auto operator<=>(const File&) const = default;
  };
  static File describe(const std::string& path, const struct stat& status);

  uint64_t changed_ = 0;
  std::vector<File> fresh_;
  std::vector<std::string> removed_;
};

}  // namespace trainyard::build
