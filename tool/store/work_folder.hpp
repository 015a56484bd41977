#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "base/job.hpp"
#include "store/store.hpp"

namespace trainyard::store {

/// `tmp/<name>/`: everything that one process has in flight, with an `owner` file (boot id, pid,
/// start time). What its owner left behind is swept by later builds.
class WorkFolder {
 public:
  explicit WorkFolder(const Store& store);
  /// Removes what is left, as far as this user can from outside the namespaces; the rest is swept
  /// later.
  ~WorkFolder();
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;

  const fs::path& path() const { return path_; }
  /// A fresh, not yet existing path below it.
  fs::path fresh(std::string_view prefix) const;
  /// Keeps an image with its layers from being removed as long as this folder's owner lives: for a
  /// container, which may go on for days.
  void pin_image(const oci::Digest& digest) const;
  /// The same for a run and the working folder of its failed try: for a shell.
  void pin_run(const std::string& key) const;
  /// The same for layer trees: for a shell behind a step, which is no image.
  void pin_trees(const std::vector<fs::path>& trees) const;

 private:
  fs::path path_;
};

/// The images that living owners pin.
std::vector<oci::Digest> pinned_images(const Store& store);
/// The keys of runs that living owners pin.
std::set<std::string> pinned_runs(const Store& store);
/// The ids of layer trees that living owners pin.
std::set<std::string> pinned_trees(const Store& store);
/// The ids of layer trees that a living process made and did not link yet (layer_links.hpp).
std::set<std::string> trees_at_work(const Store& store);

/// Folders in tmp/ whose owner is dead.
std::vector<fs::path> abandoned_work_folders(const Store& store);
/// Removes them inside the namespaces (steps leave folders that only these can remove). Call it
/// when the work is done, never between steps: deleting many files slows ext4 down for minutes.
void sweep(const Store& store, JobRunner& runner);

}  // namespace trainyard::store
