#pragma once

#include <vector>

#include "base/file.hpp"
#include "engine/engine.hpp"

namespace trainyard::engine::native {

/// Makes plain bind mounts of those that show layer trees: mounts these in this process's mount
/// namespace, and finds what is asked for in them.
class LayerMounts {
 public:
  /// `scratch` is a folder on a private tmpfs. What is written to such a mount lies in folders
  /// whose names begin with `uppers`, on the store's file system; they go with the object.
  LayerMounts(fs::path scratch, fs::path uppers)
      : scratch_(std::move(scratch)), uppers_(std::move(uppers)) {}
  ~LayerMounts();
  LayerMounts(const LayerMounts&) = delete;
  LayerMounts& operator=(const LayerMounts&) = delete;

  /// Leaves other mounts as they are. Throws Error when there is no such path in the layers.
  void prepare(Mount& mount);

 private:
  fs::path scratch_;
  fs::path uppers_;
  std::vector<fs::path> made_;
  int count_ = 0;
};

}  // namespace trainyard::engine::native
