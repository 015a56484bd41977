#pragma once

#include <map>
#include <string>

#include "base/file.hpp"

namespace trainyard::build {

/// Extended attributes of a path, itself and not what it links to; overlay's own are left out. A
/// file system without them has none.
std::map<std::string, std::string> read_xattrs(const fs::path& path);
/// Sets them; attributes that the file system or the user namespace refuses are an Error naming the
/// path.
void write_xattrs(const fs::path& path, const std::map<std::string, std::string>& xattrs);

}  // namespace trainyard::build
