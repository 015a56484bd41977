#include "engine/native/library_folder.hpp"

#include <fcntl.h>
#include <sys/utsname.h>

#include "engine/native/root_path.hpp"

namespace trainyard::engine::native {

std::string library_folder(int root_fd) {
  utsname system{};
  ::uname(&system);
  const std::string triplet = std::string(system.machine) + "-linux-gnu";
  for (const std::string& folder :
       {"/usr/lib/" + triplet, "/lib/" + triplet, std::string("/usr/lib64"), std::string("/lib64"),
        std::string("/usr/lib"), std::string("/lib")})
    if (open_in_root(root_fd, folder + "/libc.so.6", O_PATH | O_CLOEXEC)) return folder;
  return "/usr/lib64";
}

}  // namespace trainyard::engine::native
