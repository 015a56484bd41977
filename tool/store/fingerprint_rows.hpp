#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

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

/// The file `fingerprints/<id>`: a header, the rows sorted by path, the paths one after the other
/// in the rows' order, and XXH3-128 over all of it. Numbers are as this machine has them, since the
/// store never leaves it; a file of another version, byte order or folder, or one that is not
/// whole, reads as empty.
class FingerprintRows {
 public:
  /// `folder` is part of the content: two folders cannot get each other's rows by a name that
  /// collides.
  static FingerprintRows load(const fs::path& file, const std::string& folder);
  /// Whether the file is as it was written, whatever folder it is of.
  static bool is_whole(const fs::path& file);
  /// Rows that nobody asked for since `oldest_use` are left out.
  void save(const fs::path& file, const std::string& folder, int64_t oldest_use) const;

  /// A walk of the folder asks for its files nearly in their order, and is answered from the row
  /// behind the last one; else it is a binary search.
  FingerprintRow* find(std::string_view path);
  void put(std::string_view path, const FingerprintRow& row);
  size_t size() const { return loaded_.size() + added_.size(); }

 private:
  bool read(std::string_view data, const std::string& folder);

  struct Loaded {
    std::string_view path;  ///< in file_
    FingerprintRow row;
  };
  std::unique_ptr<std::string> file_;
  std::vector<Loaded> loaded_;  ///< sorted by path
  size_t next_ = 0;             ///< behind the one that was found last
  std::unordered_map<std::string, FingerprintRow> added_;
};

}  // namespace trainyard::store
