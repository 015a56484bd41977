#pragma once

#include <string>
#include <vector>

#include "build/build_image.hpp"

namespace trainyard::build {

/// A step that made another layer the second time.
struct UnsteadyStep {
  std::string stage;  ///< its label in progress
  std::string text;   ///< the instruction
  struct Entry {
    std::string path;  ///< in the layer
    std::string what;  ///< "has other bytes from 12 on"
  };
  std::vector<Entry> entries;  ///< in the order of the paths
  /// Whether nothing but times differs: SOURCE_DATE_EPOCH would help.
  bool times_alone() const;
};

struct Verification {
  BuildResult result;  ///< of the second build
  std::vector<UnsteadyStep> steps;
  bool same = false;  ///< the images' digests
};

/// Builds twice from nothing: no step is taken from the store, and caches that steps mount begin
/// empty each time. What differs is looked for layer by layer.
Verification verify_build(const store::Store& store, engine::Engine& engine,
                          const BuildRequest& request, const Progress& progress,
                          const PlanReview& review = {});

}  // namespace trainyard::build
