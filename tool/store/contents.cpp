#include "store/contents.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "base/error.hpp"
#include "base/lock_file.hpp"
#include "store/caches.hpp"
#include "store/folder_entries.hpp"
#include "store/image_index.hpp"
#include "store/images.hpp"
#include "store/last_use.hpp"
#include "store/layer_links.hpp"
#include "store/layer_trees.hpp"
#include "store/roots.hpp"
#include "store/run_records.hpp"
#include "store/step_records.hpp"
#include "store/work_folder.hpp"

namespace trainyard::store {

namespace {

constexpr int64_t k_in_use = std::numeric_limits<int64_t>::max();

uint64_t bytes_on_disk(const fs::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? static_cast<uint64_t>(status.st_blocks) * 512 : 0;
}

/// Of a folder whose files are ours.
uint64_t bytes_below(const fs::path& folder, size_t* count = nullptr) {
  uint64_t bytes = 0;
  std::error_code gone;
  for (fs::recursive_directory_iterator
           it(folder, fs::directory_options::skip_permission_denied, gone),
       end;
       !gone && it != end; it.increment(gone)) {
    bytes += bytes_on_disk(it->path());
    if (count != nullptr && !it->is_directory(gone)) ++*count;
  }
  return bytes;
}

class Reading {
 public:
  Reading(const Store& store, JobRunner& runner) : store_(store), runner_(runner) {}

  Contents read() {
    contents_.in_use_since = oldest_visit(store_);
    roots_ = list_roots(store_);
    read_blob_sizes();
    read_images();
    read_steps();
    read_runs();
    read_links();
    read_caches();
    measure();
    read_rest();
    return std::move(contents_);
  }

 private:
  void read_blob_sizes() {
    for (const auto& entry : folder_entries(store_.root() / "blobs/sha256")) {
      const std::string name = entry.path().filename().string();
      if (name.size() == 64) unnamed_[name] = bytes_on_disk(entry.path());
    }
    sizes_ = unnamed_;
  }

  /// The size of a blob that something names.
  uint64_t named(const oci::Digest& digest) {
    unnamed_.erase(digest.hex());
    const auto size = sizes_.find(digest.hex());
    return size == sizes_.end() ? 0 : size->second;
  }

  std::vector<std::string> targets_of(TargetKind kind, const std::string& value) const {
    std::vector<std::string> names;
    for (const RootedTarget& root : roots_)
      if (root.kind == kind && root.value == value)
        names.push_back(root.target + "@" + root.build_dir.string());
    return names;
  }

  void read_images() {
    const std::vector<oci::Digest> pinned = pinned_images(store_);
    open_trees_ = pinned_trees(store_);
    may_have_trees_open_ = !pinned.empty() || !open_trees_.empty();
    std::set<oci::Digest> listed;
    for (const oci::Descriptor& entry : read_index(store_).manifests) listed.insert(entry.digest);
    for (const TaggedImage& entry : list_images(store_)) {
      listed.erase(entry.image.digest);
      Contents::StoredImage image;
      image.digest = entry.image.digest;
      image.tags = entry.tags;
      image.targets = targets_of(TargetKind::image, image.digest.str());
      image.running = std::find(pinned.begin(), pinned.end(), image.digest) != pinned.end();
      image.used = last_use(store_.blob(image.digest)).value_or(0);
      for (const oci::Digest& blob : {image.digest, entry.image.manifest.config.digest})
        image.own.push_back({blob, named(blob)});
      for (const oci::Descriptor& layer : entry.image.manifest.layers) {
        image.layers.push_back(layer.digest);
        layer_of(layer.digest);
      }
      contents_.images.push_back(std::move(image));
    }
    contents_.damaged_images.assign(listed.begin(), listed.end());
  }

  Contents::StoredLayer& layer_of(const oci::Digest& diff_id) {
    const auto [place, fresh] = layers_.try_emplace(diff_id);
    if (fresh) {
      place->second.diff_id = diff_id;
      place->second.blob_size = named(diff_id);
      place->second.used = last_use(store_.blob(diff_id)).value_or(0);
    }
    return place->second;
  }

  void read_steps() {
    for (const KeptStep& step : list_steps(store_)) {
      const bool has_layer = step.record && step.record->diff_id &&
                             (sizes_.contains(step.record->diff_id->hex()) ||
                              id_of_link(store_, *step.record->diff_id));
      if (!has_layer) {
        add_old_record(step.file);
        continue;
      }
      Contents::StoredLayer& layer = layer_of(*step.record->diff_id);
      layer.used = std::max(layer.used, last_use(step.file).value_or(0));
      layer.records.push_back(step.file);
    }
    for (const auto& [file, whole] : list_facts(store_)) add_old_record(file);
  }

  void add_old_record(const fs::path& file) {
    contents_.old_records.push_back({file, bytes_on_disk(file), last_use(file).value_or(0)});
  }

  void read_runs() {
    open_runs_ = pinned_runs(store_);
    for (const auto& group : folder_entries(store_.runs()))
      for (const auto& entry : folder_entries(group.path())) read_run(entry.path());
  }

  void read_run(const fs::path& folder) {
    Contents::StoredRun run;
    run.key = folder.filename().string();
    if (run.key.size() != 64) return;
    const fs::path failed = folder / "failed";
    std::error_code gone;
    if (fs::exists(failed, gone)) {
      run.failed_at = last_use(failed).value_or(0);
      failed_.push_back(contents_.runs.size());
    }
    if (fs::exists(folder / "checkpoints", gone)) checkpoints_.push_back(contents_.runs.size());
    for (const auto& entry : folder_entries(folder))
      if (!entry.is_directory(gone)) run.folder += bytes_on_disk(entry.path());
    run.going_on = LockFile::is_held(run_lock(folder)) || open_runs_.contains(run.key);
    run.targets = targets_of(TargetKind::run, run.key);
    run.used = last_use(folder / "record.json").value_or(last_use(folder).value_or(0));
    // A training that was interrupted has no record, and may have gone on for days.
    for (const fs::path& file : {folder / "log", folder / "checkpoints"})
      run.used = std::max(run.used, last_use(file).value_or(0));
    if (const auto record = find_run(store_, run.key)) {
      run.finished = true;
      run.target = record->target;
      std::set<oci::Digest> seen;
      for (const Output& output : record->outputs)
        for (const OutputFile& file : output.files)
          if (seen.insert(file.digest).second)
            run.outputs.push_back({file.digest, named(file.digest)});
    }
    contents_.runs.push_back(std::move(run));
  }

  void read_links() {
    for (const oci::Digest& diff_id : linked_layers(store_)) {
      Contents::StoredLayer& layer = layer_of(diff_id);
      layer.tree = id_of_link(store_, diff_id).value_or("");
      layer.used = std::max(layer.used, last_use(store_.diffs() / diff_id.hex()).value_or(0));
      if (open_trees_.contains(layer.tree)) layer.used = k_in_use;
      linked_.insert(layer.tree);
    }
    for (auto& [diff_id, layer] : layers_) contents_.layers.push_back(std::move(layer));
    const std::set<std::string> at_work = trees_at_work(store_);
    for (const auto& entry : folder_entries(store_.layers())) {
      const std::string id = entry.path().filename().string();
      if (linked_.contains(id) || at_work.contains(id)) continue;
      contents_.trees.push_back(
          {entry.path(), 0, may_have_trees_open_ ? k_in_use : changed(entry.path())});
    }
  }

  /// When nobody but a container that goes on can be working in it: its own mtime is what a step
  /// made it: its adoption changed only the inode.
  static int64_t changed(const fs::path& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return 0;
    return nanoseconds(status.st_ctim);
  }

  void read_caches() {
    for (const StoredCache& cache : list_caches(store_))
      contents_.caches.push_back({cache.name, cache.identity.id, 0, cache.used, cache.in_use});
  }

  void measure() {
    Json trees = Json::array();
    for (const auto& layer : contents_.layers)
      if (!layer.tree.empty()) trees.push_back(layer_tree(store_, layer.tree).string());
    for (const auto& tree : contents_.trees) trees.push_back(tree.path.string());
    for (const size_t run : failed_)
      trees.push_back((run_folder(store_, contents_.runs[run].key) / "failed").string());
    for (const size_t run : checkpoints_)
      trees.push_back((run_folder(store_, contents_.runs[run].key) / "checkpoints").string());
    for (const auto& cache : contents_.caches)
      trees.push_back((store_.caches() / cache.name).string());
    trees.push_back(store_.tmp().string());
    const Json sizes = runner_.call("store.measure", {{"trees", trees}}).at("sizes");
    size_t next = 0;
    const auto size = [&] { return sizes.at(next++).get<uint64_t>(); };
    for (auto& layer : contents_.layers)
      if (!layer.tree.empty()) layer.tree_size = size();
    for (auto& tree : contents_.trees) tree.size = size();
    for (const size_t run : failed_) contents_.runs[run].failed = size();
    for (const size_t run : checkpoints_) contents_.runs[run].checkpoints = size();
    for (auto& cache : contents_.caches) cache.size = size();
    contents_.work = size();
    contents_.work_count = folder_entries(store_.tmp()).size();
  }

  void read_rest() {
    for (const auto& [hex, size] : unnamed_) {
      const fs::path path = store_.root() / "blobs/sha256" / hex;
      contents_.blobs.push_back({path, size, last_use(path).value_or(0)});
    }
    for (const auto& entry : folder_entries(store_.fingerprints())) add_old_record(entry.path());
    for (const auto& [file, target] : list_gone_roots(store_))
      if (!is_kept(target)) add_old_record(file);
    for (const fs::path& folder :
         {store_.steps(), store_.fingerprints(), store_.roots(), store_.boots()})
      contents_.records += bytes_below(folder, &contents_.record_count);
  }

  /// While the store has it, a build tree that comes back protects it again.
  bool is_kept(const RootedTarget& target) const {
    const auto is_image = [&](const auto& image) { return image.digest.str() == target.value; };
    const auto is_run = [&](const auto& run) { return run.finished && run.key == target.value; };
    return target.kind == TargetKind::image
               ? std::any_of(contents_.images.begin(), contents_.images.end(), is_image)
               : std::any_of(contents_.runs.begin(), contents_.runs.end(), is_run);
  }

  const Store& store_;
  JobRunner& runner_;
  Contents contents_;
  std::vector<RootedTarget> roots_;
  std::map<std::string, uint64_t> sizes_;    ///< of all blobs, by hexadecimal digest
  std::map<std::string, uint64_t> unnamed_;  ///< of those that nothing named so far
  std::map<oci::Digest, Contents::StoredLayer> layers_;
  std::set<std::string> linked_;
  std::set<std::string> open_runs_;
  std::set<std::string> open_trees_;
  bool may_have_trees_open_ = false;  ///< some container: it is not known which
  std::vector<size_t> failed_;
  std::vector<size_t> checkpoints_;
};

}  // namespace

uint64_t Contents::total() const {
  uint64_t bytes = records + work;
  std::set<oci::Digest> seen;
  const auto add = [&](const std::vector<Blob>& list) {
    for (const Blob& blob : list)
      if (seen.insert(blob.digest).second) bytes += blob.size;
  };
  for (const auto& image : images) add(image.own);
  for (const auto& run : runs) {
    add(run.outputs);
    bytes += run.folder + run.failed + run.checkpoints;
  }
  for (const auto& layer : layers) bytes += layer.blob_size + layer.tree_size;
  for (const auto& blob : blobs) bytes += blob.size;
  for (const auto& tree : trees) bytes += tree.size;
  for (const auto& cache : caches) bytes += cache.size;
  return bytes;
}

Contents read_contents(const Store& store, JobRunner& runner) {
  return Reading(store, runner).read();
}

}  // namespace trainyard::store
