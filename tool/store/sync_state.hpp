#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/store.hpp"

namespace trainyard::store {

/// When something that was written without fsync came to be: the boot, and nanoseconds since that
/// boot.
///
/// After a power cut such a thing may be there in part. It is trusted in the boot that made it, and
/// in a later one if the whole file system was synced after it was made: `boots/<boot id>` says up
/// to which moment that is so. One number answers for every record and tree of a boot, so syncing
/// rewrites nothing. A list of what is not yet synced would have to be durable itself; losing this
/// number only means to look again.
struct Birth {
  std::string boot_id;
  int64_t since_boot = 0;

  static Birth now();
  /// "<boot id> <nanoseconds>", short enough for a symbolic link that lives in its inode.
  std::string str() const;
  static std::optional<Birth> parse(std::string_view text);
};

/// Whether what was born then can be trusted now.
bool is_trusted(const Store& store, const Birth& birth);

/// Says that something was written without fsync.
void mark_unsynced(const Store& store);

/// Whether something was marked since the last sync.
bool has_unsynced(const Store& store);

/// Syncs the store's file system when something was marked since the last time. When it returns,
/// what this process marked before is on the disk, whoever synced it.
void sync_store(const Store& store);

}  // namespace trainyard::store
