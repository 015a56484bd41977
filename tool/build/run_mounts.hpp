#pragma once

#include "build/cache_mounts.hpp"
#include "build/step_execution.hpp"

namespace trainyard::build {

/// Adds the mounts of a RUN to its container. What they need (copies of folders, caches that are
/// in use) lasts as long as the object.
class RunMounts {
 public:
  RunMounts(const StepTask& task, const RunStep& run, engine::ContainerSpec& spec);

 private:
  void add(const PlannedMount& mount, const MountTask& source);
  void add_bind(const PlannedMount& mount, const MountTask& source);
  void add_tmpfs(const PlannedMount& mount);
  void add_cache(const PlannedMount& mount);
  void add_secret(const PlannedMount& mount);
  void add_agent(const PlannedMount& mount);

  const StepTask& task_;
  const CacheMounts caches_;
  engine::ContainerSpec& spec_;
};

}  // namespace trainyard::build
