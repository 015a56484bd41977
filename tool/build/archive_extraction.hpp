#pragma once

#include "base/file.hpp"
#include "oci/layer_tar.hpp"

namespace trainyard::build {

/// Unpacks a tar (plain or compressed with gzip, bzip2, xz or zstd; by its content, not its name)
/// into `folder`, which exists and is empty, with owners, modes, times, xattrs and hard links, or
/// all of them the caller's. False when `file` is something else. Whiteout names are ordinary names
/// here. Refuses entries that lead out of `folder` or through a link, with an Error naming them;
/// device nodes are left out. For jobs: changes the process's working folder and locale.
bool extract_archive(const fs::path& file, const fs::path& folder,
                     oci::ArchiveOwners owners = oci::ArchiveOwners::kept);

}  // namespace trainyard::build
