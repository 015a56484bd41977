#pragma once

#include "base/job.hpp"

namespace trainyard::cli {

/// {"folder", "tar"}: writes the tar of a folder. For `import`.
inline constexpr const char* k_tar_folder = "cli.tar_folder";

/// The jobs of all rooms and of this one, for the supervisor.
JobTable all_jobs();

}  // namespace trainyard::cli
