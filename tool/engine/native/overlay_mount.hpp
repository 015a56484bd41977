#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "base/file.hpp"

namespace trainyard::engine::native {

struct OverlayMount {
  std::vector<fs::path> layers;  ///< lowest first; folders that exist
  std::optional<fs::path>
      upper;         ///< absent: read-only. Never one that was an upper before (volatile).
  fs::path work;     ///< with `upper`: an empty folder on the same file system
  fs::path scratch;  ///< an empty folder on a tmpfs: short links to the layers keep the mount data
                     ///< below a page
};

/// Gives this process a mount namespace of its own, once.
void enter_own_mount_namespace();

/// Mounts an overlay at the existing folder `target` in this process's mount namespace.
void mount_overlay(const OverlayMount& spec, const fs::path& target);

/// A tmpfs that only the owner of the namespace can enter, in this process's own mount namespace.
void mount_private_tmpfs(const fs::path& target);

}  // namespace trainyard::engine::native
