#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "oci/digest.hpp"
#include "oci/tree_root.hpp"

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
/// `tree` (an empty folder that exists; it becomes 0755 0:0 unless the tar has an entry for it).
/// Every path is resolved inside `tree`: a symbolic link as a parent is followed as if `tree` were
/// "/". A leading "/" of a name is dropped, ".." is refused by name. A whiteout hides what lower
/// layers have and never removes what this layer brings, in whatever order they stand. Parents
/// without an entry are 0755 0:0 with the constant time. Of several entries of a name the last
/// wins. Device nodes other than whiteouts are dropped, so are {trusted,user}.overlay.* xattrs and
/// labels of a machine (SELinux, IMA). Runs inside the namespaces.
UnpackedLayer unpack_layer(int in, const std::filesystem::path& tree,
                           const UnpackLimits& limits = {},
                           PathResolution resolution = PathResolution::kernel);

/// Whose the unpacked files are: as the archive has it, or all of them the caller's, who may read
/// each of them and look into each folder, and without xattrs.
enum class ArchiveOwners { kept, caller };

/// Unpacks the tar of any kind that `in` (from its beginning) is, called `name` in errors, into
/// `folder`, as unpack_layer does but that names which start with .wh. are names like others and no
/// node is a whiteout. False, with nothing unpacked, when it does not begin as a tar does.
bool unpack_archive(int in, const std::string& name, const std::filesystem::path& folder,
                    const UnpackLimits& limits = {}, ArchiveOwners owners = ArchiveOwners::kept);

}  // namespace trainyard::oci
