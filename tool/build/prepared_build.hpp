#pragma once

#include "build/build_image.hpp"
#include "build/build_session.hpp"
#include "build/context_folders.hpp"
#include "build/plan.hpp"
#include "build/remote_contexts.hpp"

namespace trainyard::build {

/// A request with its plan: all that comes before the first step.
struct PreparedBuild {
  PreparedBuild(const store::Store& store, engine::Engine& engine, const BuildRequest& request,
                const Progress& progress = {});
  /// This must outlive it.
  BuildSession session(Reporter& reporter);

  const store::Store& store;
  engine::Engine& engine;
  const BuildRequest asked;  ///< with absolute paths
  const RemoteContexts remotes;
  const BuildRequest& request;  ///< with folders where contexts were fetched
  ContextFolders folders;
  const Plan plan;
};

}  // namespace trainyard::build
