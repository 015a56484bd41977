#pragma once

#include <optional>
#include <string>

#include "dockerfile/dockerfile.hpp"

namespace fuzz {

/// The file as text that means the same: each instruction anew from what the parser made of it.
/// Nothing when a here-document has a name that cannot be written in one way for all.
std::optional<std::string> print_dockerfile(const trainyard::dockerfile::Dockerfile& file);

/// All that the parser made of the file, without places: equal texts mean equal files.
std::string describe(const trainyard::dockerfile::Dockerfile& file);

}  // namespace fuzz
