#pragma once

#include "base/job.hpp"

namespace trainyard::cli {

/// The jobs of all rooms, for the supervisor.
JobTable all_jobs();

}  // namespace trainyard::cli
