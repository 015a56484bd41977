#pragma once

#include <optional>
#include <string>
#include <vector>

#include "build/build_session.hpp"
#include "build/run_mount.hpp"
#include "build/selection.hpp"

namespace trainyard::build {

/// Layers that a step reads by `from`: a stage's, or an image's.
struct LayersOrigin {
  int stage = -1;
  const BaseImage* image = nullptr;  ///< of the plan; without a stage
};

/// What a mount of a RUN shows, as far as it is known before the step executes.
struct MountSource {
  std::string content;                 ///< its digest; empty when it does not count
  std::optional<Selection> selection;  ///< of a folder
  std::optional<LayersOrigin> origin;  ///< of a stage or an image
};

/// The source of `mount` as a name for `select_paths`: no character of it is a wildcard.
std::string literal_source(const std::string& source);

/// Selects what a mount of the context or of a named folder shows.
Selection select_for_mount(ContextFolders& folders, const fs::path& folder,
                           const PlannedMount& mount);

/// A selection as a tree of its own in the build's work folder, with the times that the files have:
/// programs compare these with what they left in a cache. Answers the tree, and in `place` where in
/// it the source stands. Made once for all steps of a build that mount the same.
struct MountTree {
  fs::path tree;
  std::string place;  ///< "" is the tree itself
};
MountTree make_mount_tree(BuildSession& session, const fs::path& folder, const Selection& selection,
                          const std::string& content);

/// {as of build.copy} -> {}: makes such a tree.
Json mount_tree_job(const Json& request);

}  // namespace trainyard::build
