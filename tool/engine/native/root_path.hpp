#pragma once

#include <string>

#include "base/unique_fd.hpp"

namespace trainyard::engine::native {

/// A path inside a root file system that nobody vouches for, after every symlink on the way was
/// followed as if the root were `/`.
struct ResolvedPath {
  std::string path;  ///< absolute, without `.`, `..` and (where it exists) symlinks
  bool exists = false;
  bool is_directory = false;
};

/// Follows `path` below `root_fd` component by component; what is missing is kept as it is written.
/// Throws Error for a loop of links and for a file that is used as a folder.
ResolvedPath resolve_in_root(int root_fd, const std::string& path);

/// Opens `path` below `root_fd` and never anything outside: openat2(RESOLVE_IN_ROOT), or a walk of
/// our own where the kernel lacks it. Returns an empty descriptor and sets errno on failure.
UniqueFd open_in_root(int root_fd, const std::string& path, int flags);

/// The walk alone, for machines (and tests) without openat2.
UniqueFd open_in_root_by_walk(int root_fd, const std::string& path, int flags);

}  // namespace trainyard::engine::native
