#pragma once

#include <vector>

#include "store/garbage.hpp"

namespace trainyard::store {

/// What was removed, and what somebody began to use in the meantime and so stayed.
struct Collected {
  std::vector<GarbageItem> removed;
  std::vector<GarbageItem> kept;
};

/// Removes `garbage` of `contents`, read while the caller held the store's `lock`. Safe beside
/// builds and runs (last_use.hpp): what was used since `contents` were begun stays. Also sweeps
/// what killed processes left, and old records (contents.hpp) that were not used since
/// `forget_before`.
Collected collect_garbage(const Store& store, JobRunner& runner, const Contents& contents,
                          const std::vector<GarbageItem>& garbage, int64_t forget_before);

/// Takes layers away: tree, blob and links; their step records stay. A layer that was used at
/// `in_use_since` or later stays: the oldest visit, asked for before it was decided what goes.
/// Returns those that went.
std::vector<oci::Digest> release_layers(const Store& store, JobRunner& runner,
                                        const std::vector<Contents::StoredLayer>& layers,
                                        int64_t in_use_since);

}  // namespace trainyard::store
