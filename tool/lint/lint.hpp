#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "build/plan.hpp"
#include "dockerfile/ignore_file.hpp"
#include "lint/finding.hpp"

namespace trainyard::lint {

/// What is known beside the file itself.
struct Surroundings {
  std::vector<std::pair<std::string, std::string>> build_args;
  std::string target;                   ///< stage; empty: the last
  std::optional<std::set<int>> needed;  ///< stages that are built; nothing: look at all
  oci::Platform platform;
  std::set<std::string> contexts;  ///< names that --build-context gives a meaning
  /// The image that a stage starts from by this name; null when it is not known.
  std::function<std::shared_ptr<const build::BaseImage>(int stage, const std::string& name)> base;
  const dockerfile::IgnoreFile* ignore = nullptr;  ///< of the context; null: there is none
  RuleSet rules = RuleSet::build;
};

struct Report {
  std::vector<Finding> findings;  ///< in the order of lines
  bool error = false;             ///< the file wants findings to end the build

  bool clean() const;  ///< nothing but notes
};

/// A file and what was found in it.
struct Checked {
  dockerfile::Dockerfile file;
  Report report;
};

/// Checks a Dockerfile. Throws source errors for what no build could do with it.
Report check(const dockerfile::Dockerfile& file, const Surroundings& surroundings);

}  // namespace trainyard::lint
