#pragma once

#include "engine/engine.hpp"
#include "training/run_plan.hpp"

namespace trainyard::training {

/// The folders of one try, in the caller's work folder.
struct RunFolders {
  fs::path scratch;      ///< the working folder
  fs::path temporary;    ///< /tmp
  fs::path work;         ///< the engine's own
  fs::path texts;        ///< files that are made for the command
  fs::path checkpoints;  ///< there already; empty: the run has none
};

/// Makes the folders: in the scratch stand empty stubs where inputs are mounted, and the folders
/// that outputs go to. `scratch` may exist already (`shell` in a failed run): then only stubs that
/// are missing are made.
void prepare_folders(const RunPlan& plan, const RunFolders& folders);

/// Layer trees of the image, unpacked again where they are gone. Throws when a layer is lost.
std::vector<fs::path> layers_of(const store::Store& store, JobRunner& runner, const RunPlan& plan);

/// The container of a run: scratch read-write at the working folder, inputs read-only at their
/// places, checkpoints read-write (and
/// TRAINYARD_RESUME=1 when there are any), a folder of its own at /tmp, the profile `training`, an
/// init.
engine::ContainerSpec container_of(const RunPlan& plan, const RunFolders& folders,
                                   std::vector<fs::path> layers);

/// Seconds between SIGTERM and SIGKILL: $TRAINYARD_GRACE, else 10.
std::chrono::milliseconds grace_period();

}  // namespace trainyard::training
