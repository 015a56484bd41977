#pragma once

#include <string>
#include <vector>

#include "base/file.hpp"

namespace trainyard::engine::native {

/// One thing that `trainyard doctor` looked at by trying it.
struct Finding {
  enum class Grade { good, warning, bad };
  Grade grade;
  std::string subject;  ///< "overlayfs", "crun", "sub-uids", "cgroups: memory"
  std::string found;    ///< what was seen
  std::string mend;     ///< the exact command or setting that mends it; empty when good
};
/// Real probes: a namespace, an overlay mount, a container start per installed runtime, a limit per
/// cgroup controller, sub-uids, seccomp, the store's file system, an init (tini),
/// slirp4netns.
std::vector<Finding> examine(const fs::path& store);

}  // namespace trainyard::engine::native
