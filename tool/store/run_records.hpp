#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "oci/digest.hpp"
#include "store/store.hpp"

namespace trainyard::store {

/// A file of a run's output, as kept in blobs/. Folders are listed file by file.
struct OutputFile {
  std::string path;  ///< relative to the output's own path; "" when the output is a file
  oci::Digest digest;
  uint64_t size = 0;
  unsigned mode = 0644;  ///< permission bits
  std::string link;  ///< target, when it is a symbolic link; the digest is then of the target text
};
struct Output {
  std::string key;   ///< the name in the spec
  std::string path;  ///< as declared, relative to the working folder
  bool folder = false;
  std::vector<OutputFile> files;
};

/// `runs/<kk>/<key>/record.json`, sealed, written last and dear: it stands for a finished,
/// successful run. Beside it: `log`, `socket` while it is going on, `failed/` (the scratch of a
/// failed try, for `shell`).
struct RunRecord {
  std::string key;
  std::string target;  ///< the CMake target that ran it first
  oci::Digest image;   ///< manifest
  Json spec;           ///< what the key was made of, for `inspect` and `why`
  std::vector<Output> outputs;
  std::map<std::string, double> metrics;
  double seconds = 0;
  std::string finished;  ///< RFC 3339, UTC, to the millisecond
  std::string ancestor;  ///< key of the run whose checkpoints it began with; empty: none
  bool resumed = false;  ///< its last try continued from checkpoints
  std::vector<std::string> plots = {};  ///< paths of outputs that hold series
  /// Files that the command wrote beside what was declared, some of them by name. They are not
  /// kept.
  std::vector<std::string> undeclared = {};
};

fs::path run_folder(const Store& store, const std::string& key);
/// Held (LockFile) by a run's keeper as long as it lives, and by whoever takes something out of the
/// run's folder.
inline fs::path run_lock(const fs::path& run_folder) {
  return run_folder / "lock";
}
std::optional<RunRecord> find_run(const Store& store, const std::string& key);
void put_run(const Store& store, const RunRecord& record);
/// Keys of all runs with a record, newest first.
std::vector<std::string> list_runs(const Store& store);
/// SHA-256 over the outputs: what a build tree's result file holds.
oci::Digest result_digest(const RunRecord& record);

}  // namespace trainyard::store
