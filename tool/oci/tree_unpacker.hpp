#pragma once

#include <sys/stat.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "oci/layer_tar.hpp"
#include "oci/tar_source.hpp"
#include "oci/tree_root.hpp"

namespace trainyard::oci {

/// What names that start with .wh. are: removals, as in a layer, or names like others.
enum class WhiteoutNames { removals, plain };

/// Makes a layer tree from the entries of a layer tar, one `place` each, in the tar's order; see
/// unpack_layer for what becomes of what.
class TreeUnpacker {
 public:
  TreeUnpacker(TreeRoot root, const UnpackLimits& limits,
               WhiteoutNames names = WhiteoutNames::removals);

  /// `source` gives the content when `entry` is a file.
  void place(const ForeignEntry& entry, TarSource& source);
  /// Sets the folders' times, which placing entries in them changed.
  void finish();

 private:
  using Parts = std::vector<std::string>;
  struct FolderTime {
    Parts parts;
    ino_t inode;
    timespec mtime;
  };

  void place_in(int folder, const std::string& name, const ForeignEntry& entry, TarSource& source);
  void place_root(const ForeignEntry& entry);
  void place_folder(int folder, const std::string& name, const ForeignEntry& entry);
  void place_file(int folder, const std::string& name, const ForeignEntry& entry,
                  TarSource& source);
  void place_hard_link(int folder, const std::string& name, const ForeignEntry& entry);
  void place_symbolic_link(int folder, const std::string& name, const ForeignEntry& entry);
  void place_fifo(int folder, const std::string& name, const ForeignEntry& entry);
  void place_whiteout(int folder, const std::string& name);

  /// The folder that an entry goes into; made where it is missing.
  int parent_of(const Parts& parts);
  UniqueFd make_parents(const Parts& parts);
  void make_folder(int folder, const std::string& name);
  void set_folder_metadata(int fd, const Parts& parts, const ForeignEntry& entry);
  void copy_content(int file, const ForeignEntry& entry, TarSource& source);
  void add_hole(uint64_t bytes, const TarSource& source);
  void clear_place(int folder, const std::string& name);
  std::optional<struct stat> status_in(int folder, const std::string& name) const;

  TreeRoot root_;
  UnpackLimits limits_;
  WhiteoutNames names_;
  Parts parts_;  ///< of the entry at hand
  std::optional<Parts> parent_parts_;
  UniqueFd parent_;  ///< the folder of the last entry: the next one is most often there too
  std::vector<FolderTime> times_;
  uint64_t entries_ = 0;
  uint64_t holes_ = 0;
};

}  // namespace trainyard::oci
