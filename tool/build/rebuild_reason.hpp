#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "build/build_note.hpp"
#include "build/plan.hpp"
#include "build/selection.hpp"
#include "store/step_records.hpp"

namespace trainyard::build {

/// Why a step is made.
struct RebuildReason {
  std::string text;  ///< "ENV a was 1, is 2"; empty: there is nothing to compare with
  std::optional<double> last_seconds;  ///< how long it took then
};

/// What is known of a step when it is not found.
struct MissedStep {
  const PlannedStage& stage;
  int index = 0;
  const Json& inputs;
  std::optional<std::string> parent;     ///< nothing: a step below it is being made
  const Selection* selection = nullptr;  ///< COPY from a folder
};

/// Compares steps with those of the last build of the same image. Loads that when it is first
/// asked. Thread-safe.
class RebuildReasons {
 public:
  RebuildReasons(const store::Store& store, const BuildRequest& request,
                 const std::string& id_map_class);
  RebuildReason explain(const MissedStep& step);

 private:
  const NotedStep* counterpart(const MissedStep& step) const;
  std::string changed_file(const MissedStep& step) const;

  const store::Store& store_;
  const BuildRequest& request_;
  const std::string id_map_class_;
  std::once_flag loaded_;
  std::optional<BuildNote> note_;
};

/// The first member that differs between what two keys were made of, in words; empty: none.
std::string first_difference(const Json& before, const Json& now);

}  // namespace trainyard::build
