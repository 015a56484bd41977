#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "oci/digest.hpp"

namespace trainyard::oci {

/// A layer tree is a folder in overlayfs' own format: character devices 0/0 are whiteouts, folders
/// with the xattr {user,trusted}.overlay.opaque = y are opaque. A layer tar has `.wh.` entries
/// instead (image-spec layer.md). The two functions turn one into the other.

struct LayerTar {
  Digest diff_id;
  uint64_t size = 0;  ///< bytes of the tar
  uint64_t entries = 0;
};

/// Writes the tar of `tree` to `out` (a descriptor; -1: the digest alone). Deterministic: entries
/// sorted bytewise per component, numeric ids, whole seconds unless a file has nanoseconds that a
/// PAX record then keeps, no atime or ctime, no names, the first of several hard links by sort
/// order is the file, xattrs as SCHILY.xattr records, overlay's own xattrs dropped
/// ("user.overlay.overlay.X" becomes "user.overlay.X"). The root folder itself is written as "./"
/// only when its metadata differs from 0755 0:0. `tree` is not changed. Runs inside the namespaces
/// (see base/job.hpp).
LayerTar write_layer_tar(const std::filesystem::path& tree, int out);

/// Caps against bombs and lies; 0 = unlimited.
struct UnpackLimits {
  uint64_t bytes = 0;
  uint64_t entries = 10'000'000;
  uint64_t depth = 1024;
};

/// What unpack_layer found. `diff_id` is of the uncompressed stream, all of it to its last byte.
struct UnpackedLayer {
  Digest diff_id;
  uint64_t size = 0;
};

/// Reads a layer tar (plain, gzip, zstd, xz or bzip2 by content) from `in` and makes the layer tree
/// `tree` (an empty folder that exists). Every path is resolved inside `tree` (openat2
/// RESOLVE_IN_ROOT and no symbolic link as a parent is followed out of it); `..` and absolute names
/// are refused by name; device nodes other than whiteouts are dropped; {trusted,user}.overlay.*
/// xattrs of the archive are dropped. Runs inside the namespaces.
UnpackedLayer unpack_layer(int in, const std::filesystem::path& tree,
                           const UnpackLimits& limits = {});

}  // namespace trainyard::oci
