#pragma once

#include <string>
#include <vector>

#include "base/file.hpp"
#include "engine/native/root_path.hpp"

namespace trainyard::engine::native {

/// A place where something will be mounted.
struct StubTarget {
  enum class Kind { file, folder };
  ResolvedPath at;  ///< resolved inside the image
  Kind kind = Kind::folder;
};

/// What the trusted layer above an image's own must hold: real, opaque /dev, /proc and /sys where
/// the image has no folder there (a symlink would make a runtime write on the machine), and every
/// mount target that the image lacks (else the runtime makes it, in the upper folder). Folders on
/// the way there carry the image's own metadata, so that nothing looks changed when a step copies
/// them up.
class StubLayer {
 public:
  /// `image_root` is the image as a mounted, read-only overlay, and outlives this. Throws Error
  /// when a target is of the wrong kind.
  StubLayer(int image_root, const std::vector<StubTarget>& targets);

  /// The image has everything: no layer is needed.
  bool empty() const { return system_folders_.empty() && missing_.empty(); }
  /// Layers with equal names are equal and can be shared. Empty: it has owners other than root, so
  /// that its maker has to remove it.
  std::string shared_name() const;
  /// Makes the folder `layer`.
  void make(const fs::path& layer) const;

 private:
  int image_root_;
  std::vector<const char*> system_folders_;
  std::vector<StubTarget> missing_;
};

/// Gives the folder or file `to` mode, owner, times and extended attributes of `from`.
void copy_metadata(int from, int to, const std::string& name);

}  // namespace trainyard::engine::native
