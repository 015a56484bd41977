#pragma once

#include <optional>
#include <string>

#include "training/training_run.hpp"

namespace trainyard::training {

/// What building a run would do.
struct RunForecast {
  std::string key;
  bool in_store = false;  ///< its outputs would come from there
  /// Not in the store: the first thing that differs from the last finished run of this target,
  /// "parameter rate was "0.1", is "0.2""; empty without such a run.
  std::string reason;
  /// Not in the store: whose checkpoints it would continue, "from the checkpoints of run 1a2b3c…";
  /// empty when it would begin from nothing.
  std::string continues;
  std::optional<double> last_seconds;  ///< what that run took, or this one itself
};

/// Looks at image and inputs as they stand now, and runs nothing. Throws as run_training does when
/// these are not there.
RunForecast forecast_run(const store::Store& store, const RunSpec& spec);

}  // namespace trainyard::training
