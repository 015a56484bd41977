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

/// Fills the empty folder `layer` with the trusted layer that lies above an image's own: real,
/// opaque /dev, /proc and /sys, whatever the image has there (a symlink there would make a runtime
/// write on the machine), and every mount target that the image lacks (else the runtime makes it,
/// in the upper folder). Folders on the way there carry the image's own metadata, so that nothing
/// looks changed when a step copies them up. `image_root` is the image as a mounted, read-only
/// overlay. Throws Error when a target is of the wrong kind.
void make_stub_layer(const fs::path& layer, int image_root, const std::vector<StubTarget>& targets);

/// Gives the folder or file `to` mode, owner, times and extended attributes of `from`.
void copy_metadata(int from, int to, const std::string& name);

}  // namespace trainyard::engine::native
