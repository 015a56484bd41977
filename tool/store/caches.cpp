#include "store/caches.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "base/spelling.hpp"
#include "store/folder_entries.hpp"
#include "store/last_use.hpp"
#include "store/layer_trees.hpp"
#include "store/sealed.hpp"
#include "store/work_folder.hpp"

namespace trainyard::store {

namespace {

constexpr const char* k_record = "record.json";
constexpr size_t k_shortest_prefix = 4;

fs::path lock_of(const Store& store, const std::string& name) {
  return store.locks() / "caches" / name;
}

int64_t last_use_of(const fs::path& folder) {
  return last_use(folder / k_record).value_or(last_use(folder).value_or(0));
}

/// What a damaged record said is lost; what the cache holds is not.
CacheIdentity identity_in(const fs::path& folder) {
  CacheIdentity identity;
  const auto text = read_file_if_exists(folder / k_record);
  const auto record = text ? unseal(*text) : std::nullopt;
  if (!record || !record->is_object()) return identity;
  identity.id = record->value("id", "");
  identity.options = record->value("options", Json::object());
  return identity;
}

}  // namespace

std::string CacheIdentity::name() const {
  return sha256_hex(canonical_json({{"schema", 1}, {"id", id}, {"options", options}}));
}

std::optional<CacheLease> CacheLease::try_take(const Store& store, const std::string& name,
                                               LockFile::Mode mode, Use use) {
  auto lock = LockFile::try_acquire(lock_of(store, name), mode);
  if (!lock) return std::nullopt;
  const fs::path folder = store.caches() / name;
  if (use == Use::noted) note_use(folder / k_record);
  return CacheLease(folder, std::move(*lock), use);
}

CacheLease::~CacheLease() {
  if (!folder_.empty() && use_ == Use::noted) note_use(folder_ / k_record);
}

int64_t CacheLease::used() const {
  return last_use_of(folder_);
}

bool CacheLease::exists() const {
  return ::access(data().c_str(), F_OK) == 0;
}

void CacheLease::adopt(const fs::path& folder, const CacheIdentity& identity) const {
  write_file_atomic(folder / k_record,
                    seal({{"schema", 1}, {"id", identity.id}, {"options", identity.options}}));
  make_directories(folder_.parent_path(), 0700);
  if (::rename(folder.c_str(), folder_.c_str()) == 0) return;
  if (errno != EEXIST && errno != ENOTEMPTY) throw system_error("making", folder_.string());
}

void CacheLease::give_up(const fs::path& to) const {
  rename_path(folder_, to);
}

std::vector<StoredCache> list_caches(const Store& store) {
  std::vector<StoredCache> caches;
  for (const auto& entry : folder_entries(store.caches())) {
    StoredCache cache;
    cache.name = entry.path().filename().string();
    cache.identity = identity_in(entry.path());
    cache.used = last_use_of(entry.path());
    cache.in_use = !LockFile::try_acquire(lock_of(store, cache.name));
    caches.push_back(std::move(cache));
  }
  return caches;
}

std::vector<StoredCache> find_caches(const Store& store, const std::string& name) {
  std::vector<StoredCache> found;
  std::vector<std::string> known;
  for (StoredCache& cache : list_caches(store)) {
    known.push_back(cache.identity.id);
    if (cache.identity.id == name ||
        (name.size() >= k_shortest_prefix && cache.name.starts_with(name)))
      found.push_back(std::move(cache));
  }
  if (!found.empty()) return found;
  const std::string near = suggestion(name, known);
  throw usage_error("finding the cache", "\"" + name + "\"", "the store has no such cache",
                    near.empty() ? "`trainyard cache ls` lists them" : near);
}

bool remove_cache(const Store& store, JobRunner& runner, const std::string& name) {
  const WorkFolder work(store);
  const fs::path doomed = work.fresh("cache");
  {
    const auto lease =
        CacheLease::try_take(store, name, LockFile::Mode::exclusive, CacheLease::Use::none);
    if (!lease) return false;
    lease->give_up(doomed);
  }
  remove_trees(runner, {doomed});
  return true;
}

}  // namespace trainyard::store
