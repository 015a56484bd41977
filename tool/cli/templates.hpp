#pragma once

#include <string>
#include <vector>

#include "base/file.hpp"

namespace trainyard::cli {

/// Where the templates of `trainyard init` are: beside this executable's prefix (a moved
/// installation), the prefix it was installed to, the source tree. Throws Error when they are
/// nowhere.
fs::path templates_folder();

/// Their names, sorted.
std::vector<std::string> template_names(const fs::path& folder);

}  // namespace trainyard::cli
