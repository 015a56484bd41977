#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/json.hpp"
#include "dockerfile/mount.hpp"

namespace trainyard::build {

struct BaseImage;
struct BuildRequest;
class StageState;

/// A mount of a RUN with everything decided that does not need a file system.
struct PlannedMount {
  enum class From { context, folder, stage, image };
  dockerfile::RunMount asked;
  std::string target;  ///< absolute, clean; empty: a secret that is a variable only
  std::string source;  ///< clean, relative to the root of what it comes from
  From from = From::context;
  int stage = -1;
  fs::path folder;
  std::shared_ptr<const BaseImage> image;
  std::string secret_digest;  ///< SHA-256 of a secret that is to count; empty otherwise

  /// Whether the file system that `from` names is looked at before the step executes, because what
  /// is there counts.
  bool is_bind() const { return asked.type == dockerfile::RunMount::Type::bind; }
  bool is_cache() const { return asked.type == dockerfile::RunMount::Type::cache; }
  bool reads() const { return is_bind() || (is_cache() && asked.from); }
};

/// Expands and checks the mounts of one RUN; where `from` leads is the planner's. Throws source
/// errors.
std::vector<PlannedMount> plan_mounts(const dockerfile::Dockerfile& source, const StageState& state,
                                      const dockerfile::Run& run, const BuildRequest& request);

/// What of a mount counts for the step's key: all of its options, for a bind mount the digest of
/// what is mounted. Of caches, secrets and agents never what they hold, unless a secret is to
/// count.
Json mount_inputs(const PlannedMount& mount, const std::string& content);

}  // namespace trainyard::build
