#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/file.hpp"
#include "base/fingerprint.hpp"

namespace trainyard::store {

/// What the index knows of one file. Times are nanoseconds since 1970.
struct FingerprintRow {
  uint64_t size = 0;
  uint64_t inode = 0;
  int64_t mtime = 0;
  int64_t ctime = 0;
  int64_t stamp = 0;  ///< the kernel's coarse clock just before the content was read
  int64_t used = 0;   ///< when somebody last asked, to a day or so
  Fingerprint xxh3;
  std::array<uint8_t, 32> sha256{};
  uint32_t mode = 0;
  uint32_t path_size = 0;  ///< on disk: bytes of the path
};

/// The file `fingerprints/<id>`: a header, the rows, the paths one after the other in the rows'
/// order, and XXH3-128 over all of it. Numbers are as this machine has them, since the store never
/// leaves it; a file of another version, byte order or folder, or one that is not whole, reads as
/// empty.
class FingerprintRows {
 public:
  /// `folder` is part of the content: two folders cannot get each other's rows by a name that
  /// collides.
  static FingerprintRows load(const fs::path& file, const std::string& folder);
  /// Whether the file is as it was written, whatever folder it is of.
  static bool is_whole(const fs::path& file);
  /// Rows that nobody asked for since `oldest_use` are left out.
  void save(const fs::path& file, const std::string& folder, int64_t oldest_use) const;

  FingerprintRow* find(std::string_view path);
  void put(std::string_view path, const FingerprintRow& row);
  size_t size() const { return rows_.size(); }

 private:
  bool read(std::string_view data, const std::string& folder);

  // Keys point into the loaded file or into added_: no allocation per row of the file.
  std::unique_ptr<std::string> loaded_;
  std::deque<std::string> added_;
  std::unordered_map<std::string_view, FingerprintRow> rows_;
};

}  // namespace trainyard::store
