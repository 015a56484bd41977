#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "build/file_copy.hpp"
#include "build/image_path.hpp"
#include "build/ownership.hpp"

namespace trainyard::build {

/// Whether this machine's id map can give files other owners (see engine::Engine::id_map_class).
enum class OwnerMap { full, single };

struct NodeMetadata {
  unsigned mode = 0755;
  Owner owner;
  int64_t seconds = 0;  ///< mtime
  std::map<std::string, std::string> xattrs;
};

/// A file to be copied into the layer.
struct NewFile {
  std::string path;  ///< in the layer
  NodeMetadata metadata;
  std::string source;
  ExpectedData expected;
  /// The same file, data and metadata, in another layer's tree: linked where that is possible.
  std::string twin;
};

/// Makes a layer tree on top of a read-only view of the layers below it, without an overlay mount:
/// a folder that is there already is repeated in the tree with its own metadata (overlay takes the
/// upper one's, so it must be equal), what did not exist is made. The tree never holds a whiteout:
/// a file replaces a file or a link; folders and non-folders replace each other only where
/// replace_others() says so. Runs in a job of its own, so that nobody else changes tree or view
/// meanwhile. Paths are relative to the root.
class LayerBuilder {
 public:
  /// `tree` is made; `view` is empty for a file system without layers. `root` is the topmost tree
  /// below: overlay takes the root folder's metadata from there, and a view of a single layer may
  /// show another.
  LayerBuilder(fs::path tree, fs::path view, const fs::path& root, OwnerMap owners);

  /// What stands at `path` in the view with the tree above it.
  std::optional<Seen> look(const std::string& path) const;
  /// Follows links in the merged file system.
  Resolved resolve(std::string_view path) const;

  /// Whether what comes replaces what is of another kind in the layers below, as an archive does.
  void replace_others(bool replace) { replacing_ = replace; }

  /// Makes the folders above `path` (free of links): 0755 and `owner` where missing.
  void make_parents(const std::string& path, Owner owner);
  /// Makes a folder; one that exists keeps its metadata unless `existing` says otherwise.
  enum class Existing { keep, overwrite };
  void add_folder(const std::string& path, const NodeMetadata& metadata, Existing existing);
  /// Copies files, no two with one path, in folders that were added. Many are copied on several
  /// cores. Throws Error naming the source of one that is not what was expected.
  void add_files(const std::vector<NewFile>& files);
  void add_text(const std::string& path, const NodeMetadata& metadata, std::string_view text);
  void add_link(const std::string& path, const NodeMetadata& metadata, const std::string& target);
  void add_fifo(const std::string& path, const NodeMetadata& metadata);
  /// Another name of a file that this builder added.
  void add_hard_link(const std::string& path, const std::string& existing);
  /// Sets the folders' times: copying into them changed these.
  void finish();

 private:
  void repeat_existing(const std::string& path, const struct stat& status);
  void new_folder(const std::string& path, const NodeMetadata& metadata);
  void clear_for_file(const std::string& path) const;
  bool is_new_folder_of(const std::string& path) const;
  void add_file(const NewFile& file) const;
  bool link_twin(const NewFile& file) const;
  UniqueFd create(const std::string& path) const;
  void set_metadata(const std::string& path, const NodeMetadata& metadata) const;
  void change_owner(const std::string& path, Owner owner) const;
  void finish_file(int fd, const std::string& path, const NodeMetadata& metadata) const;

  fs::path tree_, view_;
  OwnerMap owners_;
  bool replacing_ = false;
  std::map<std::string, timespec> folder_times_;
  std::set<std::string> new_folders_;  ///< with nothing of the layers below in them
};

}  // namespace trainyard::build
