#pragma once

#include <filesystem>
#include <vector>

#include "base/file.hpp"

namespace trainyard::store {

/// What is in a folder of the store, sorted by name. A name that begins with a dot is passed over:
/// what stands there is not finished. A folder that is not there has nothing in it; one that cannot
/// be read throws: whoever decides what may be removed must not take it for an empty one.
std::vector<fs::directory_entry> folder_entries(const fs::path& folder);

/// Whether `path` is known not to be there. What cannot be looked at (a folder that is closed to
/// us, a network file system that does not answer) is not gone.
bool is_gone(const fs::path& path);

}  // namespace trainyard::store
