#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "build/build_session.hpp"
#include "build/mount_source.hpp"
#include "build/outside_sources.hpp"
#include "build/plan.hpp"
#include "build/selection.hpp"

namespace trainyard::build {

/// What a step reads besides the layers below it, as far as it is known before the step executes: a
/// build and a forecast of one find it in the same way.
struct StepSource {
  std::string content;  ///< digest of what a COPY copies; empty when it copies nothing
  std::optional<Selection> selection;  ///< of a folder
  std::optional<LayersOrigin> origin;  ///< of a stage or an image
  std::unique_ptr<OutsideSources> outside;
  std::vector<MountSource> mounts;  ///< of a RUN, one for each of its mounts

  std::vector<std::string> mount_contents() const;
};

/// `content_digest` of what paths select in layers; nothing when it cannot be known.
using DigestInLayers = std::function<std::optional<std::string>(
    const LayersOrigin& origin, const std::vector<std::string>& paths, const CopyFilter& filter)>;

/// Nothing when `digest` had nothing. Throws Error with its place in the Dockerfile: what is not
/// there, what cannot be read or fetched.
std::optional<StepSource> find_step_source(BuildSession& session, const PlannedStep& step,
                                           const DigestInLayers& digest);

}  // namespace trainyard::build
