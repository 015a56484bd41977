#pragma once

#include "base/file.hpp"

namespace trainyard::store {

/// Writes the uncompressed tar stream of a layer file into `to`, a new file: the bytes whose digest
/// is the diff-id. gzip, zstd, xz and bzip2 are known by content; anything else is copied (shared
/// with the original where the file system can). Throws Error naming `from`: when it is damaged, no
/// regular file, or expands beyond oci::ExpansionLimit.
void write_uncompressed(const fs::path& from, const fs::path& to);

}  // namespace trainyard::store
