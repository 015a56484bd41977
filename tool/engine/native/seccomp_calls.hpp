#pragma once

#include <string>
#include <vector>

namespace trainyard::engine::native {

/// System calls that a container may make with any arguments. Names that a machine's libseccomp or
/// architecture does not know are passed over by the runtimes.
const std::vector<std::string>& seccomp_allowed_calls();

/// Calls that need rights over the machine: refused with EPERM.
const std::vector<std::string>& seccomp_refused_calls();

/// Changes of file owners and of a process's own ids.
const std::vector<std::string>& seccomp_owner_calls();

}  // namespace trainyard::engine::native
