#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "build/copy_filter.hpp"
#include "build/image_path.hpp"
#include "dockerfile/ignore_file.hpp"
#include "store/fingerprint_index.hpp"

namespace trainyard::build {

/// Something that a COPY or ADD takes from its source. There may be a hundred thousand of them.
struct SelectedEntry {
  enum class Type : char { file = 'f', folder = 'd', link = 'l', fifo = 'p' };
  std::string path;  ///< below the named source; "" is the source itself
  Type type = Type::file;
  unsigned mode = 0;  ///< permission bits
  uid_t uid = 0;
  gid_t gid = 0;
  uint64_t size = 0;                          ///< file
  int64_t seconds = 0;                        ///< mtime: only for unpacked archives
  std::optional<store::FileContent> content;  ///< file; nothing when it was not asked for
  std::string link;                           ///< target
  /// Same text, same file: hard links are kept; empty when there is one name only.
  std::string inode;
  std::map<std::string, std::string> xattrs;
};

/// One named source, or one match of a wildcard.
struct SelectedSource {
  std::string name;     ///< its last part: what a file is called in a destination folder
  std::string root;     ///< where it is read, relative to the root of the selection
  fs::path base;        ///< absolute: read from there instead of the root of the selection
  bool unpack = false;  ///< with `base`: an archive is unpacked
  int64_t seconds = 0;  ///< with `base`: mtime of its files; 0: the constant one
  /// [0] is the source itself; folders before what is in them, sorted.
  std::vector<SelectedEntry> entries;

  /// Where an entry is read.
  std::string place_of(const SelectedEntry& entry) const;
};

struct Selection {
  std::vector<SelectedSource> sources;
};

/// SHA-256 over everything that makes a difference in the copy: names, types, modes, owners, sizes,
/// link targets, xattrs, data. Never mtimes.
std::string content_digest(const Selection& selection);

/// A list for a job: fields end in a NUL, so names of any bytes pass.
std::string serialise(const Selection& selection);
Selection parse_selection(std::string_view text);

/// What selecting sees of the files and how.
struct SelectionRules {
  /// normalised: as two users with different umasks and checkouts would both have it: 0644, or 0755
  /// when the owner may execute; folders 0755; links 0777; 0:0; no set-user-id bits, xattrs or hard
  /// links. modes_kept: the same with all bits of the modes. kept: everything as it is, for files
  /// that come from an image or an archive.
  enum class Metadata { normalised, modes_kept, kept };
  Metadata metadata = Metadata::kept;
  CopyFilter filter;
  const dockerfile::IgnoreFile* ignore = nullptr;
  std::vector<fs::path> excluded;  ///< absolute folders below the root that are never part of it
  /// The content of a regular file; empty: entries get none. Called from several threads.
  std::function<store::FileContent(const std::string&, const struct stat&)> content;
  /// The same when it is known at once, else nothing; may be empty. Called from one thread, in the
  /// order of the walk.
  std::function<std::optional<store::FileContent>(std::string_view, const struct stat&)> known;
  /// Gets every file and every folder looked into, absolute.
  std::vector<std::string>* read = nullptr;
};

/// A literal source that is not there.
class SourceNotFound : public Error {
 public:
  SourceNotFound(size_t index, const std::string& source, const std::string& cause,
                 const std::string& hint);
  size_t index() const { return index_; }

 private:
  size_t index_;
};

/// Selects `sources` (clean, relative; wildcards allowed; see CopyFilter) below `root`. Named
/// sources follow symbolic links inside the root, links below them are taken as links. A wildcard
/// that matches nothing selects nothing.
Selection select_paths(const fs::path& root, const std::vector<std::string>& sources,
                       const SelectionRules& rules);

}  // namespace trainyard::build
