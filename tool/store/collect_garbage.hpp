#pragma once

#include <vector>

#include "store/garbage.hpp"

namespace trainyard::store {

/// What was removed, and what somebody began to use in the meantime and so stayed.
struct Collected {
  std::vector<GarbageItem> removed;
  std::vector<GarbageItem> kept;
};

/// Removes `garbage` of `contents`, which were read while the caller held gc_lock(). Safe beside
/// builds and runs (last_use.hpp). Also sweeps what killed processes left, and records of steps
/// whose layer is gone and that were not used since `forget_before`.
Collected collect_garbage(const Store& store, JobRunner& runner, const Contents& contents,
                          const std::vector<GarbageItem>& garbage, int64_t forget_before);

/// Takes layers away: tree, blob and links; their step records stay. A layer that is in use stays.
/// Returns those that went.
std::vector<oci::Digest> release_layers(const Store& store, JobRunner& runner,
                                        const std::vector<Contents::StoredLayer>& layers);

}  // namespace trainyard::store
