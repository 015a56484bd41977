#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/fingerprint.hpp"
#include "base/sha256.hpp"
#include "store/store.hpp"

namespace trainyard::store {

/// What a file's content is.
struct FileContent {
  Sha256Bytes sha256{};
  Fingerprint xxh3;
  friend bool operator==(const FileContent&, const FileContent&) = default;
};

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

  /// A regular file's content; `status` is what the caller's (f)stat said of it. Thread-safe.
  /// Throws Error naming the file; also when it is no longer what `status` says, or changes while
  /// it is read.
  FileContent content(const std::string& path, const struct stat& status);
  /// The same if it is known without opening the file. Asking in the order of the last time is
  /// fastest.
  std::optional<FileContent> known(std::string_view path, const struct stat& status);
  /// The SHA-256 alone, in hexadecimal digits.
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
