#include "store/collect_garbage.hpp"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.hpp"
#include "base/lock_file.hpp"
#include "store/caches.hpp"
#include "store/folder_entries.hpp"
#include "store/image_index.hpp"
#include "store/last_use.hpp"
#include "store/layer_trees.hpp"
#include "store/run_records.hpp"
#include "store/trash.hpp"
#include "store/work_folder.hpp"

namespace trainyard::store {

namespace {

using Kind = GarbageItem::Kind;

class Collection {
 public:
  Collection(const Store& store, JobRunner& runner, const Contents& contents)
      : store_(store),
        runner_(runner),
        contents_(contents),
        work_(store),
        trash_(work_.path()),
        in_use_since_(contents.in_use_since) {
    for (const auto& image : contents.images) need(image.own, 1);
    for (const auto& run : contents.runs) need(run.outputs, 1);
    for (const auto& layer : contents.layers)
      if (needs_.contains(layer.diff_id)) ++needs_[layer.diff_id];
  }

  Collected collect(const std::vector<GarbageItem>& garbage) {
    Collected collected;
    std::vector<const GarbageItem*> layers;
    for (const GarbageItem& item : garbage) {
      if (item.kind == Kind::layer)
        layers.push_back(&item);
      else
        (remove(item) ? collected.removed : collected.kept).push_back(item);
    }
    remove_layers(layers, collected);
    remove_unneeded_blobs();
    remove_trees(runner_, folders_);
    return collected;
  }

  /// Each step that was ever made left one; nobody needs the file of a lock that nobody holds.
  void remove_free_locks() const {
    for (const auto& kind : folder_entries(store_.locks())) {
      std::error_code gone;
      if (!kind.is_directory(gone)) continue;
      for (const auto& lock : folder_entries(kind.path())) LockFile::remove_if_free(lock.path());
    }
  }

  void forget(int64_t before) const {
    for (const auto& record : contents_.old_records)
      if (record.used < before && last_use(record.path).value_or(before) < before)
        ::unlink(record.path.c_str());
  }

  /// What write_file_atomic leaves beside records when its process is killed: names that begin with
  /// a dot. One that is a minute old belongs to nobody.
  void forget_unfinished() const {
    const int64_t old = file_clock_now() - 60'000'000'000;
    for (const fs::path& folder :
         {store_.steps(), store_.fingerprints(), store_.roots(), store_.boots(), store_.diffs()}) {
      std::error_code gone;
      for (fs::recursive_directory_iterator it(folder, gone), end; !gone && it != end;
           it.increment(gone))
        if (it->path().filename().native().starts_with('.') &&
            last_use(it->path()).value_or(old) < old)
          ::unlink(it->path().c_str());
    }
  }

 private:
  void need(const std::vector<Contents::Blob>& blobs, int change) {
    for (const auto& blob : blobs) needs_[blob.digest] += change;
  }

  bool remove(const GarbageItem& item) {
    switch (item.kind) {
      case Kind::image:
        return remove_image(contents_.images[item.index]);
      case Kind::run:
        return remove_run(contents_.runs[item.index]);
      case Kind::failed_try:
        return remove_failed_try(contents_.runs[item.index]);
      case Kind::checkpoints:
        return remove_checkpoints(contents_.runs[item.index]);
      case Kind::blob:
        return remove_file(contents_.blobs[item.index].path);
      case Kind::tree:
        folders_.push_back(contents_.trees[item.index].path);
        return true;
      case Kind::cache:
        return remove_unused_cache(contents_.caches[item.index]);
      case Kind::layer:
        break;
    }
    return false;
  }

  /// Of what nobody makes or opens without the run's lock, or a note of its use.
  bool is_in_use(const fs::path& file) const { return last_use(file).value_or(0) >= in_use_since_; }

  bool remove_file(const fs::path& file) const {
    return trash_.remove_unless_used(file, in_use_since_);
  }

  /// The list first: it never names a manifest that is not there.
  bool remove_image(const Contents::StoredImage& image) {
    std::vector<oci::Descriptor> entries;
    bool tagged = false;
    update_index(store_, [&](oci::Index& index) {
      for (const oci::Descriptor& entry : index.manifests) {
        if (entry.digest != image.digest) continue;
        entries.push_back(entry);
        tagged = tagged || !tag_of(entry).empty();
      }
      if (!tagged)
        std::erase_if(index.manifests,
                      [&](const auto& entry) { return entry.digest == image.digest; });
    });
    if (tagged) return false;  // since it was looked at
    if (remove_file(store_.blob(image.digest))) {
      need(image.own, -1);
      return true;
    }
    update_index(store_, [&](oci::Index& index) {
      for (const oci::Descriptor& entry : entries) list_image(index, entry, {});
    });
    return false;
  }

  bool remove_run(const Contents::StoredRun& run) {
    const fs::path folder = run_folder(store_, run.key);
    if (!lock_run(run.key) || is_in_use(folder / "log") || is_in_use(folder / "failed") ||
        is_in_use(folder / "checkpoints") || !remove_file(folder / "record.json"))
      return false;
    need(run.outputs, -1);
    folders_.push_back(folder);
    return true;
  }

  /// Held to the end: no keeper begins in a folder that goes.
  bool lock_run(const std::string& key) {
    if (run_locks_.contains(key)) return true;
    auto lock = LockFile::try_acquire(run_lock(run_folder(store_, key)));
    if (!lock) return false;
    run_locks_.emplace(key, std::move(*lock));
    return true;
  }

  bool remove_failed_try(const Contents::StoredRun& run) {
    const fs::path failed = run_folder(store_, run.key) / "failed";
    if (!lock_run(run.key) || is_in_use(failed)) return false;
    folders_.push_back(failed);
    return true;
  }

  /// Of a finished run: a longer one that begins with them has noted its use.
  bool remove_checkpoints(const Contents::StoredRun& run) {
    const fs::path folder = run_folder(store_, run.key);
    if (!lock_run(run.key) || is_in_use(folder / "record.json")) return false;
    folders_.push_back(folder / "checkpoints");
    return true;
  }

  /// Whoever uses it holds its lock; who used it meanwhile left the time of that.
  bool remove_unused_cache(const Contents::Cache& cache) {
    const auto lease =
        CacheLease::try_take(store_, cache.name, LockFile::Mode::exclusive, CacheLease::Use::none);
    if (!lease || lease->used() > cache.used) return false;
    const fs::path doomed = work_.fresh("cache");
    lease->give_up(doomed);
    folders_.push_back(doomed);
    return true;
  }

  void remove_layers(const std::vector<const GarbageItem*>& items, Collected& collected) {
    std::set<oci::Digest> still_needed;
    for (const GarbageItem& kept : collected.kept)
      if (kept.kind == Kind::image)
        still_needed.insert(contents_.images[kept.index].layers.begin(),
                            contents_.images[kept.index].layers.end());
    std::vector<Contents::StoredLayer> layers;
    for (const GarbageItem* item : items)
      if (const auto& layer = contents_.layers[item->index]; !still_needed.contains(layer.diff_id))
        layers.push_back(layer);
    const std::vector<oci::Digest> released =
        release_layers(store_, runner_, layers, in_use_since_);
    for (const GarbageItem* item : items) {
      const oci::Digest& diff_id = contents_.layers[item->index].diff_id;
      const bool gone = std::find(released.begin(), released.end(), diff_id) != released.end();
      (gone ? collected.removed : collected.kept).push_back(*item);
    }
  }

  void remove_unneeded_blobs() const {
    for (const auto& [digest, needs] : needs_)
      if (needs <= 0) remove_file(store_.blob(digest));
  }

  const Store& store_;
  JobRunner& runner_;
  const Contents& contents_;
  WorkFolder work_;
  Trash trash_;
  int64_t in_use_since_;
  std::map<oci::Digest, int> needs_;
  std::map<std::string, LockFile> run_locks_;
  std::vector<fs::path> folders_;
};

}  // namespace

Collected collect_garbage(const Store& store, JobRunner& runner, const Contents& contents,
                          const std::vector<GarbageItem>& garbage, int64_t forget_before) {
  Collected collected;
  {
    Collection collection(store, runner, contents);
    collected = collection.collect(garbage);
    collection.forget(forget_before);
    collection.forget_unfinished();
    collection.remove_free_locks();
  }
  sweep(store, runner);
  return collected;
}

}  // namespace trainyard::store
