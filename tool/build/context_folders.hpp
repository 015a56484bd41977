#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "build/build_image.hpp"
#include "build/selection.hpp"
#include "dockerfile/ignore_file.hpp"
#include "store/fingerprint_index.hpp"
#include "store/store.hpp"

namespace trainyard::build {

/// Where the ignore file of a context may stand, the one that counts first: the Dockerfile's own,
/// if it is the main context, before the folder's.
std::vector<fs::path> ignore_file_places(const BuildRequest& request, const fs::path& folder);

/// The context folder and the named ones: what is ignored in each, what its files' digests are, and
/// everything that was read, for the depfile. Each folder's index is loaded once, and only when a
/// step reads from it. Thread-safe.
class ContextFolders {
 public:
  ContextFolders(const store::Store& store, const BuildRequest& request);

  /// Selects from a folder with metadata normalised, but for modes that are kept; see select_paths.
  Selection select(const fs::path& folder, const std::vector<std::string>& sources,
                   const CopyFilter& filter);
  /// Notes a file that was read otherwise.
  void note_read(const fs::path& path);
  /// Sorted, each once.
  std::vector<std::string> read() const;

 private:
  struct Folder {
    std::mutex mutex;  ///< call_once would end the program where loading throws
    bool loaded = false;
    dockerfile::IgnoreFile ignore;
    std::unique_ptr<store::FingerprintIndex> index;
  };
  Folder& open(const fs::path& path);
  void load(const fs::path& path, Folder& folder);

  const store::Store& store_;
  const BuildRequest& request_;
  std::vector<fs::path> excluded_;
  mutable std::mutex mutex_;
  std::map<fs::path, Folder> folders_;
  std::vector<std::string> read_;
};

}  // namespace trainyard::build
