#pragma once

#include "base/file.hpp"

namespace trainyard::build {

/// Opens a file of a copy's source, whose absolute path held no symbolic link when it was selected.
/// One that stands on the way by now was put there meanwhile, perhaps to lead to another's file
/// (CVE-2018-15664): Error(failed). Never waits for a FIFO.
UniqueFd open_source_file(const fs::path& path);

/// The same, by one openat for each part, for kernels (and tests) without openat2.
UniqueFd open_source_file_by_walk(const fs::path& path);

}  // namespace trainyard::build
