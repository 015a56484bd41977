#pragma once

#include <optional>
#include <string>

#include "store/caches.hpp"
#include "store/work_folder.hpp"

namespace trainyard::build {

/// A context that was brought into the store: what one commit of a repository, or one archive,
/// holds. It is one of the store's caches (store/caches.hpp): listed, removed and counted as these,
/// and nobody removes it while this lives. Its `data` holds
///
///     files/         the checkout, or what was unpacked; empty when it was no archive
///     file/context   what was no archive, as it was
///     born           when it was made (store/sync_state.hpp)
///
/// Its name is made of the commit, or of the archive's SHA-256, so it never changes; one that a
/// power cut may have caught half-written is not taken, but made anew.
class FetchedContext {
 public:
  static std::optional<FetchedContext> find(const store::Store& store,
                                            const store::CacheIdentity& identity);
  /// Keeps what `folder`, a folder in `work`, holds as `files` or `file`. Somebody else's, made at
  /// the same time, may be the one that stays.
  static FetchedContext keep(const store::Store& store, const store::CacheIdentity& identity,
                             const store::WorkFolder& work, const fs::path& folder);

  fs::path files() const { return lease_.data() / "files"; }
  /// The folder of what was no archive; nothing when it was one.
  std::optional<fs::path> file_folder() const;

 private:
  explicit FetchedContext(store::CacheLease lease) : lease_(std::move(lease)) {}
  store::CacheLease lease_;
};

/// The name of what was no archive.
inline constexpr const char* k_context_file = "context";

}  // namespace trainyard::build
