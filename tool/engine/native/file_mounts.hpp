#pragma once

#include "base/file.hpp"
#include "engine/engine.hpp"

namespace trainyard::engine::native {

/// Makes plain bind mounts of those that show some files of a folder: on the private tmpfs a folder
/// with a mount for each file, made here by one system call each. Ten thousand of them in the
/// runtime's configuration would take it many seconds; it binds the folder, with all below, as one.
class FileMounts {
 public:
  /// `scratch` is a folder on a private tmpfs, in this process's own mount namespace.
  explicit FileMounts(fs::path scratch) : scratch_(std::move(scratch)) {}
  /// Leaves other mounts as they are. Throws Error naming a file that cannot be mounted.
  void prepare(Mount& mount);

 private:
  fs::path scratch_;
  int count_ = 0;
};

}  // namespace trainyard::engine::native
