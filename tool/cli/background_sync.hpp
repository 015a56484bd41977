#pragma once

#include <cstdint>

#include "store/store.hpp"

namespace trainyard::cli {

/// Makes what was built outlive a power cut (store/sync_state.hpp). Of `written` bytes few are
/// synced before this returns. Many are left to a process that syncs and ends, and that nobody
/// waits for: a GiB is written in a second and is on the disk in ten, and until then a power cut
/// costs that build, which is made again.
void sync_or_start_sync(const store::Store& store, uint64_t written);

}  // namespace trainyard::cli
