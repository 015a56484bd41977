#pragma once

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <optional>

#include "base/lock_file.hpp"
#include "store/store.hpp"

namespace trainyard::store {

/// How a process relies on what is in the store while `gc` or `rmi` may be removing things beside
/// it.
///
/// Nobody waits. Who is going to rely on something (a step's record, a manifest, a blob that is
/// there already) first says so: its mtime becomes now. Who removes first takes the name away, then
/// looks at that mtime: when it is not older than the oldest living **visit**, the name is given
/// back. So either the user came first, and the remover sees that; or the remover did, and the user
/// finds nothing, which is a miss as any other. The same mtime says what was not used for long.
///
/// A lock around each use would make builds wait for `gc`, and `gc` for the longest build.

/// Nanoseconds since 1970.
inline int64_t nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// By the clock that the kernel stamps files with. A change after this moment cannot get an earlier
/// time than it, which could not be said of the finer clock: it runs ahead by up to a tick.
int64_t file_clock_now();

/// Says that `path` is used now. False when it is not there.
bool note_use(const fs::path& path);
/// When it was used last, or made; nothing when it is not there. What cannot be looked at throws.
std::optional<int64_t> last_use(const fs::path& path);

/// A process at work in the store: whatever it uses or makes while the visit lasts stays. It ends
/// with the object or, in whatever way, with the process. A container that goes on for days is no
/// visit: it pins its image (WorkFolder::pin_image).
class Visit {
 public:
  explicit Visit(const Store& store);
  ~Visit();
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

 private:
  fs::path path_;
  LockFile lock_;
};

/// Since when somebody has been at work: the beginning of the oldest living visit, now when there
/// is none. What was used at that moment or later is in use.
/// Takes 20 ms: the clock of files has ticks.
int64_t oldest_visit(const Store& store);

/// Whether somebody is at work now.
bool has_visits(const Store& store);

}  // namespace trainyard::store
