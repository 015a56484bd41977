#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace trainyard::store {

/// The name of a file system that cannot hold layer trees, by statfs(2)'s f_type: overlay's upper
/// folder needs xattrs, whiteouts and d_type, and flock must hold between the processes of one
/// machine. Nothing for the others, known or not.
std::optional<std::string> unfit_file_system(uint64_t type);

}  // namespace trainyard::store
