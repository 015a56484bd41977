#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "base/file.hpp"

namespace trainyard::engine::native {

/// For jobs (base/job.hpp): mounts layer trees, lowest first, as one read-only folder at `target`
/// (an existing empty folder). No layers: an empty folder. The mount goes with the job's process.
void mount_layers_read_only(const std::vector<fs::path>& layers, const fs::path& target);

}  // namespace trainyard::engine::native
