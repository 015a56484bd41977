#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/job.hpp"
#include "base/lock_file.hpp"
#include "store/store.hpp"

namespace trainyard::store {

/// Caches: folders that steps mount (RUN --mount=type=cache), which outlive them and are no part of
/// any image. `caches/<name>/` holds
///
///     data/        what is mounted
///     record.json  id and options, for people (sealed); its mtime is the last use
///
/// A name is a digest of id and options, never a path that a Dockerfile wrote. Who uses a cache
/// holds `locks/caches/<name>`: shared when others may use it at the same time, else alone. Only
/// who holds it alone removes the folder or puts another in its place.

/// What makes two caches different. Those of different owners or modes are, as docker has it: else
/// one step could not write what the other made.
struct CacheIdentity {
  std::string id;
  Json options = Json::object();  ///< uid, gid, mode, from, source, id_map
  /// 64 hexadecimal digits.
  std::string name() const;
};

/// A cache that this process uses. Notes the use at the beginning and the end.
class CacheLease {
 public:
  enum class Use { noted, none };
  /// Nothing when somebody uses it in a way that excludes this.
  static std::optional<CacheLease> try_take(const Store& store, const std::string& name,
                                            LockFile::Mode mode, Use use = Use::noted);
  ~CacheLease();
  CacheLease(CacheLease&&) = default;
  CacheLease& operator=(CacheLease&&) = delete;

  bool exists() const;
  int64_t used() const;  ///< last, in nanoseconds since 1970
  fs::path data() const { return folder_ / "data"; }
  /// Makes the cache of a folder in `tmp/` that holds `data`; somebody else's, made at the same
  /// time, may be the one that stays.
  void adopt(const fs::path& folder, const CacheIdentity& identity) const;
  /// Takes the folder away, so that it can be removed: moves it to `to`. Needs the lock alone.
  void give_up(const fs::path& to) const;

 private:
  CacheLease(fs::path folder, LockFile lock, Use use)
      : folder_(std::move(folder)), lock_(std::move(lock)), use_(use) {}
  fs::path folder_;  ///< empty when moved from
  LockFile lock_;
  Use use_;
};

/// A cache in the store.
struct StoredCache {
  std::string name;
  CacheIdentity identity;
  int64_t used = 0;  ///< nanoseconds since 1970
  bool in_use = false;
};
std::vector<StoredCache> list_caches(const Store& store);

/// The caches that `name` means: an id, or the beginning of a name (four characters at least).
/// Throws a usage error, with the nearest id as hint, when there is none.
std::vector<StoredCache> find_caches(const Store& store, const std::string& name);

/// Removes a cache. False when somebody uses it.
bool remove_cache(const Store& store, JobRunner& runner, const std::string& name);

}  // namespace trainyard::store
