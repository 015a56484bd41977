#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/file.hpp"

namespace trainyard::cli {

/// Writes a depfile as Ninja and CMake read it: one rule, `target: path…`, sorted. A path with
/// characters that the format or CMake's rewriting of it cannot carry is listed by a symbolic link
/// to it, `<depfile>.links/<hash>`, which has the file's times. Links that are not needed any more
/// are removed.
void write_depfile(const fs::path& file, const fs::path& target,
                   const std::vector<std::string>& paths);

}  // namespace trainyard::cli
