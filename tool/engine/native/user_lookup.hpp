#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace trainyard::engine::native {

/// Who the command runs as, by ids of the container.
struct ContainerUser {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  ///< supplementary
  std::string home = "/";
};

/// Looks `user` (USER syntax: name, uid, name:group, uid:gid, in any mixture; empty is root) up in
/// /etc/passwd and /etc/group of the root file system at `root_fd`. A number needs no entry. Only
/// regular files of at most 1 MiB inside that root are read; anything else but a folder in their
/// place is a usage error (a runtime would open it), as is a name that is not there.
ContainerUser look_up_user(int root_fd, const std::string& user);

/// The same over the texts of the two files.
ContainerUser look_up_user(const std::string& passwd, const std::string& group,
                           const std::string& user);

}  // namespace trainyard::engine::native
