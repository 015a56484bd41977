#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/file.hpp"

namespace trainyard::cli {

/// A depfile as Ninja and CMake read it: one rule, `target: path…`, sorted, blanks, `#` and `$`
/// escaped. Throws a usage error for a path with a newline, which the format cannot hold.
std::string render_depfile(const fs::path& target, const std::vector<fs::path>& paths);

}  // namespace trainyard::cli
