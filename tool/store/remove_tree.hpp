#pragma once

#include "base/file.hpp"

namespace trainyard::store {

/// Removes a file, or a folder with everything below it, whatever the modes. No symbolic link is
/// followed. What is gone already is no error. Deep trees cost no stack and no descriptors: a
/// folder inside a folder is first moved up to the top. Throws Error naming the path.
void remove_tree(const fs::path& path);

}  // namespace trainyard::store
