#pragma once

#include <map>
#include <string>

#include "build/step_execution.hpp"
#include "store/caches.hpp"

namespace trainyard::build {

/// The caches that a RUN mounts: waits until each may be used in the way that is asked for, makes
/// those that do not exist, and keeps others out, as far as the sharing says, as long as the object
/// lives. They are taken in the order of their names, so that two steps never wait for each other.
class CacheMounts {
 public:
  CacheMounts(const StepTask& task, const RunStep& run);
  /// The folder to mount.
  fs::path data(const PlannedMount& mount) const;

 private:
  struct Wanted {
    store::CacheIdentity identity;
    const PlannedMount* mount = nullptr;
    const MountTask* source = nullptr;
    dockerfile::RunMount::Sharing sharing = dockerfile::RunMount::Sharing::shared;
  };
  store::CacheLease take(const std::string& name, const Wanted& wanted) const;
  store::CacheLease wait_for(const std::string& name, const Wanted& wanted) const;
  store::CacheLease take_copy(const std::string& name) const;
  void make(const store::CacheLease& lease, const Wanted& wanted) const;

  const StepTask& task_;
  std::map<std::string, store::CacheLease> leases_;  ///< by the name that the identity gives
};

/// {folder, mode, uid, gid, single} and, for a cache that begins with something, what build.copy
/// takes -> {}: makes the folder of a new cache.
Json make_cache_job(const Json& request);

}  // namespace trainyard::build
