#pragma once

#include <string>

namespace trainyard::engine::native {

/// The folder in which the loader of the image below `root_fd` finds what is put there, whatever
/// its cache says: that of the C library. /usr/lib64 for an image without one (of glibc).
std::string library_folder(int root_fd);

}  // namespace trainyard::engine::native
