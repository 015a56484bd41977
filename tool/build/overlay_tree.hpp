#pragma once

#include <ctime>
#include <string>
#include <vector>

#include "base/file.hpp"

namespace trainyard::build {

/// Layer trees by path, for jobs, which nobody disturbs. See oci/overlay_format.hpp for the marks.

/// What lies in a folder, in no order.
std::vector<std::string> names_in(const fs::path& folder);

/// Whether a folder hides what lies below it, by the marks of either mount option.
bool is_opaque(const fs::path& folder);
void mark_opaque(const fs::path& folder);
void clear_opaque(const fs::path& folder);

/// Of the path itself and not what it links to.
void set_mtime(const fs::path& path, timespec time);

}  // namespace trainyard::build
