#pragma once

#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/unique_fd.hpp"

namespace trainyard::training {

/// Opens `relative` below the folder `root` without ever leaving it: openat2(RESOLVE_BENEATH), or,
/// where the kernel or a filter lacks that call, component by component without following links.
/// O_NOFOLLOW in `flags` counts for the last component. An empty descriptor and errno when it
/// fails: ENOENT when there is no such thing, EXDEV or ELOOP when a link leads elsewhere.
UniqueFd open_beneath(int root, const std::string& relative, int flags);

/// The walk that open_beneath falls back to: a link in the way is ELOOP or ENOTDIR.
UniqueFd open_beneath_by_walking(int root, const std::string& relative, int flags);

/// Names in a folder, sorted.
std::vector<std::string> names_in(int folder, const std::string& name);

}  // namespace trainyard::training
