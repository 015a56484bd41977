#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/sha256.hpp"
#include "build/ownership.hpp"

namespace trainyard::build {

/// What a COPY made of one file: everything that the layer tree holds of it but its name and data.
/// Files with attributes are never among them.
struct PlacedFileRow {
  Sha256Bytes sha256{};
  uint64_t size = 0;
  unsigned mode = 0;
  Owner owner;
  friend bool operator==(const PlacedFileRow&, const PlacedFileRow&) = default;
};

/// The files of a COPY's layer tree by their path in it. Kept with the tree, so that the next COPY
/// of the same sources to the same place links what has not changed instead of writing it again
/// (docs/ARCHITECTURE.md, "Copying"). A line a file: SHA-256, size, mode (octal), uid, gid, path
/// with every byte that is no printable ASCII character, a blank or a "%" as %xx, so that it is
/// text.
class PlacedFiles {
 public:
  void add(std::string path, const PlacedFileRow& row) { rows_[std::move(path)] = row; }
  /// Nothing for a path that is not there.
  const PlacedFileRow* find(const std::string& path) const;
  void forget(const std::string& path) { rows_.erase(path); }
  bool empty() const { return rows_.empty(); }
  /// The first path in their order; there is one.
  const std::string& first() const { return rows_.begin()->first; }

  std::string text() const;
  /// Lines that cannot be read are left out: their files are copied.
  static PlacedFiles parse(std::string_view text);

 private:
  std::map<std::string, PlacedFileRow> rows_;
};

}  // namespace trainyard::build
