#pragma once

#include "store/store.hpp"
#include "training/run_plan.hpp"
#include "training/training_run.hpp"

namespace trainyard::training {

/// How a run that this tool waited for came out.
enum class RunEnd {
  done,      ///< there is a record now
  elsewhere  ///< it was stopped, or ended just when this tool came: look again
};

/// Attaches to the keeper of the plan's run, starting one when there is none, and waits for the end
/// while the log goes to `events`. Throws what the run failed with; Error(machine) when the keeper
/// was killed; Error(interrupted) when this process got SIGINT, SIGTERM or SIGHUP: the keeper has
/// then been told, and has ended unless others wait for it. A second signal does not wait for that.
RunEnd attach_to_run(const store::Store& store, const RunPlan& plan, const RunEvents& events);

/// Starts the plan's run unless it goes on already, and leaves it to itself: it goes on when this
/// tool, and whoever attaches later, have left. Throws when its keeper did not start.
void detach_run(const store::Store& store, const RunPlan& plan);

/// Starts no keeper: follows the one that there is until the run ends. `bytes` gets the log from
/// its start. False when no keeper is alive.
bool watch_run(const fs::path& run_folder, const std::function<void(std::string_view)>& bytes);

}  // namespace trainyard::training
