#pragma once

#include <optional>
#include <string>
#include <vector>

#include "build/build_session.hpp"
#include "build/copy_note.hpp"
#include "build/repeated_files.hpp"
#include "build/selection.hpp"

namespace trainyard::build {

/// Where a COPY --from reads: the trees of a stage or an image, lowest first.
using Trees = std::vector<fs::path>;

/// What a mount of a RUN shows.
struct MountTask {
  std::string content;
  const Selection* selection = nullptr;  ///< of a folder
  Trees source;                          ///< of a stage or an image
};

/// Everything that executing one step needs.
struct StepTask {
  BuildSession& session;
  const PlannedStage& stage;
  const PlannedStep& step;
  Trees parents;
  const Selection* selection =
      nullptr;                    ///< COPY from a folder, and OutsideSources: what was hashed
  Trees source;                   ///< COPY from a stage or image; what squash merges
  std::vector<MountTask> mounts;  ///< RUN: one for each of its mounts
};

/// A new layer's tree, in its final place.
struct MadeLayer {
  fs::path tree;
  std::optional<CopyNote> note;  ///< of a COPY from a folder
  RepeatedBytes repeated = {};   ///< of a RUN
};

/// Executes the step on top of its parents and answers the new layer; nothing when the step left no
/// layer (a WORKDIR that exists). Throws Error with the Dockerfile's line as excerpt.
std::optional<MadeLayer> execute_step(const StepTask& task);

/// For execute_step.
MadeLayer execute_run(const StepTask& task, const RunStep& run);
/// Tidies the upper folder that a container, or a merge, left and makes it a layer tree, in one
/// job.
MadeLayer take_upper(const StepTask& task, const fs::path& upper);

/// The error with the step's place in the Dockerfile and its line as excerpt, unless it has an
/// excerpt already.
Error place_error(const Plan& plan, const PlannedStep& step, const Error& error);
/// File, line, the line's text and a caret; empty without a Dockerfile.
std::string step_excerpt(const Plan& plan, const PlannedStep& step);

/// `content_digest` of what a COPY or a mount selects in `source`.
std::string digest_in_trees(BuildSession& session, const Trees& source,
                            const std::vector<std::string>& paths, const CopyFilter& filter);

}  // namespace trainyard::build
