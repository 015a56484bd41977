#pragma once

#include <optional>
#include <string>
#include <vector>

#include "build/build_image.hpp"

namespace trainyard::build {

/// What a build would do with a step.
struct ForecastStep {
  std::string stage;  ///< its label in progress
  int number = 0, total = 0;
  std::string text;
  bool cached = false;
  std::string reason;                  ///< not cached: why; may be empty
  std::optional<double> last_seconds;  ///< how long it took last time, where that is known
};

/// Looks at every step of the needed stages as a build does, and makes none. What a stage that
/// would be made anew gives to others cannot be known: those steps say so.
std::vector<ForecastStep> forecast_build(const store::Store& store, engine::Engine& engine,
                                         const BuildRequest& request);

/// What stands in the file system behind a step, and how a command would be run there.
struct StepState {
  std::string text;
  std::vector<fs::path> layers;  ///< trees, lowest first
  std::vector<std::string> environment;
  std::string working_directory, user;
};

/// Of a step by its number in progress. Throws a usage error when there is no such step, or when it
/// would have to be made first.
StepState state_behind_step(const store::Store& store, engine::Engine& engine,
                            const BuildRequest& request, int number);

}  // namespace trainyard::build
