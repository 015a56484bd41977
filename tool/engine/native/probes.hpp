#pragma once

#include "base/job.hpp"

namespace trainyard::engine::native {

/// The engine's own jobs, which every supervisor knows: what `doctor` tries inside the namespaces.
///
///   engine.probe_overlay  {"work": an empty folder} -> {}; mounts, writes and reads an overlay
///   there
///
///   engine.probe_cgroup  {"owner": name, "controller": "memory"|"cpu"|"pids"} -> {"warnings":
///   [..]}
const JobTable& engine_jobs();

}  // namespace trainyard::engine::native
