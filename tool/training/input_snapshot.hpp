#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/json.hpp"
#include "store/fingerprint_index.hpp"

namespace trainyard::training {

/// One file, folder or link of an input, as it was when the key was made.
struct InputEntry {
  enum class Kind { file, folder, link };
  std::string path;  ///< relative to the input; empty for the input itself
  Kind kind = Kind::file;
  bool executable = false;
  std::string content;  ///< a file's SHA-256 in hexadecimal, a link's target
  std::string status;   ///< what stat said of a file: a cheap answer to "is it still the same?"
};

/// What an input holds: entries sorted by path. A folder's digest covers relative paths, kinds,
/// execute bits, contents and link targets; never host paths, owners or times.
struct InputSnapshot {
  fs::path source;  ///< without links in its own last component: what is mounted
  std::vector<InputEntry> entries;
  std::vector<std::string> hidden;  ///< folders left out, relative to the input
  bool chosen = false;  ///< these files of the folder alone, and the folders on the way to them

  bool is_folder() const { return entries.front().kind == InputEntry::Kind::folder; }
  std::string digest() const;
};

/// Reads `source` (exists). Folders in `excluded` (absolute: the build tree, the store) are left
/// out when they lie inside. Throws Error for a socket, a FIFO or a device, which no key can cover.
InputSnapshot take_snapshot(const fs::path& source, const std::vector<fs::path>& excluded,
                            store::FingerprintIndex& index);

/// Some files of the folder `source`, given relative to it and sorted by comes_before(). A link is
/// what it leads to. The digest is that of a folder which holds these files alone.
InputSnapshot take_snapshot_of(const fs::path& source, const std::vector<std::string>& files,
                               store::FingerprintIndex& index);

struct InputChange {
  fs::path path;
  std::string how;  ///< "it was removed", "it was added", "it changed"
};
/// The first file or folder below the input that is not what it was. A file that was only touched
/// is read again and counts as unchanged.
std::optional<InputChange> find_change(const InputSnapshot& snapshot);
/// Throws Error(failed) naming it.
void check_unchanged(const InputSnapshot& snapshot);

Json to_json(const InputSnapshot& snapshot);
InputSnapshot parse_input_snapshot(const Json& json);

}  // namespace trainyard::training
