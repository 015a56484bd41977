#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "build/build_image.hpp"
#include "build/context_folders.hpp"
#include "build/plan.hpp"
#include "build/progress_trace.hpp"
#include "store/work_folder.hpp"

namespace trainyard::build {

/// Thrown in stages that end because another one failed.
struct Stopped {};

/// Ends all stages once one has failed: no new step starts, running containers are killed.
/// Thread-safe.
class Cancellation {
 public:
  void check() const;
  void cancel();
  /// Lets a new try begin; no stage may be running.
  void reset() { stopped_ = false; }
  /// Throws Stopped instead of adding when the build is being stopped.
  void add(engine::Container& container);
  void remove(engine::Container& container);

 private:
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
  std::set<engine::Container*> containers_;
};

/// What all steps of one build share.
struct BuildSession {
  const store::Store& store;
  engine::Engine& engine;
  const BuildRequest& request;
  const Plan& plan;
  ContextFolders& folders;
  Reporter& reporter;
  Cancellation cancellation;

  /// The work folder can go when nothing in it is being removed any more.
  ~BuildSession() {
    if (work) engine.settle();
  }
  /// A fresh path in the build's work folder, which is made when the first step needs it.
  fs::path fresh(std::string_view prefix);
  /// For the end of the build; a text that was said already is not said again. Thread-safe.
  void warn(const std::string& text);
  bool single_ids() const { return engine.id_map_class() == "single"; }

  /// Trees of folders that steps mount, by folder, source and content.
  struct MountTrees {
    std::mutex mutex;
    std::map<std::tuple<fs::path, std::string, std::string>, fs::path> made;
  };
  MountTrees mount_trees = {};

  std::mutex mutex;
  std::optional<store::WorkFolder> work;
  std::vector<std::string> warnings = {};
};

}  // namespace trainyard::build
