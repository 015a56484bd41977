#include "build/fetched_context.hpp"

#include <chrono>
#include <thread>

#include "base/error.hpp"
#include "store/sync_state.hpp"

namespace trainyard::build {

namespace {

constexpr const char* k_born = "born";
constexpr auto k_between_looks = std::chrono::milliseconds(50);
/// Whoever is in the way either keeps a whole one, or is removing it.
constexpr int k_most_looks = 200;

bool is_whole(const store::Store& store, const store::CacheLease& lease) {
  const auto text = read_file_if_exists(lease.data() / k_born);
  const auto birth = text ? store::Birth::parse(*text) : std::nullopt;
  return birth && store::is_trusted(store, *birth);
}

}  // namespace

std::optional<FetchedContext> FetchedContext::find(const store::Store& store,
                                                   const store::CacheIdentity& identity) {
  auto lease = store::CacheLease::try_take(store, identity.name(), LockFile::Mode::shared);
  if (!lease || !is_whole(store, *lease)) return std::nullopt;
  return FetchedContext(std::move(*lease));
}

FetchedContext FetchedContext::keep(const store::Store& store, const store::CacheIdentity& identity,
                                    const store::WorkFolder& work, const fs::path& folder) {
  const fs::path made = work.fresh("cache");
  make_directories(made, 0700);
  store::mark_unsynced(store);
  write_file_atomic(folder / k_born, store::Birth::now().str());
  rename_path(folder, made / "data");
  for (int i = 0; i < k_most_looks; ++i) {
    if (auto found = find(store, identity)) return std::move(*found);
    if (fs::exists(made)) {
      const auto lease = store::CacheLease::try_take(
          store, identity.name(), LockFile::Mode::exclusive, store::CacheLease::Use::none);
      if (lease && lease->exists() && !is_whole(store, *lease)) lease->give_up(work.fresh("old"));
      if (lease) {
        lease->adopt(made, identity);
        continue;
      }
    }
    std::this_thread::sleep_for(k_between_looks);
  }
  throw Error("keeping the context", identity.id, "another build or a gc is in the way",
              "build again", ExitCode::failed);
}

std::optional<fs::path> FetchedContext::file_folder() const {
  const fs::path folder = lease_.data() / "file";
  if (!fs::exists(folder)) return std::nullopt;
  return folder;
}

}  // namespace trainyard::build
