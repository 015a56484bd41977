#pragma once

#include <optional>
#include <string>
#include <vector>

#include "build/step_execution.hpp"

namespace trainyard::build {

/// A RUN that failed, as it left everything: kept for `shell --step` until the next one of this
/// image fails, or gc removes its tree, to which nothing links.
struct FailedStep {
  int number = 0;
  std::string text;
  std::vector<fs::path> layers;  ///< lowest first; the last is what the step itself changed
  std::vector<std::string> environment;
  std::string working_directory, user;
};

/// Takes `upper` of a container that has ended. False where it could not be kept: no reason to say
/// anything else than what the step's own failure is.
bool keep_failed_step(const StepTask& task, const RunStep& run, const fs::path& upper);

/// The last one of the image that progress calls `name`, if its trees are still there.
std::optional<FailedStep> find_failed_step(const store::Store& store, const std::string& name);

}  // namespace trainyard::build
