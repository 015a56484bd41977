#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>

#include "base/fingerprint.hpp"
#include "store/store.hpp"

namespace trainyard::store {

/// Answers "what is the SHA-256 of this file?" without reading it when it has not changed: a row a
/// path with size, mtime, ctime, inode, mode -> XXH3-128, SHA-256, as git's index has it
/// (docs/ARCHITECTURE.md, decision 7). `fingerprints/<id>` is one file per folder (a build context,
/// a source tree), read whole and rewritten whole by rename. A row that is not older than its own
/// time stamp is "racy" and read again.
class FingerprintIndex {
 public:
  FingerprintIndex(const Store& store, const fs::path& folder);
  /// Saves what is new; failures are not errors (a cache), so nothing throws.
  ~FingerprintIndex();
  FingerprintIndex(const FingerprintIndex&) = delete;
  FingerprintIndex& operator=(const FingerprintIndex&) = delete;

  /// SHA-256 (hexadecimal) of a regular file's content; `status` is what the caller's (f)stat said
  /// of it. Thread-safe. Throws Error naming the file; also when it is no longer what `status`
  /// says, or changes while it is read.
  std::string sha256(const fs::path& path, const struct stat& status);

  struct Counts {
    size_t by_stat = 0;  ///< answered without opening the file
    size_t by_xxh3 = 0;  ///< read once, content as before
    size_t anew = 0;
  };
  Counts counts() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace trainyard::store
