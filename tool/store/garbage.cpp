#include "store/garbage.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace trainyard::store {

namespace {

using Kind = GarbageItem::Kind;

/// How many things need each blob of runs and images: the last to go frees it.
using Needs = std::map<oci::Digest, size_t>;

class Search {
 public:
  Search(const Contents& contents, const GarbagePolicy& policy)
      : contents_(contents), policy_(policy), left_(contents.total()) {
    count_needs();
    list_candidates();
  }

  std::vector<GarbageItem> take() {
    std::vector<GarbageItem> taken;
    for (GarbageItem& item : candidates_) {
      if (item.used >= policy_.unused_since) break;
      if (policy_.keep_storage && left_ <= *policy_.keep_storage) break;
      item.freed += release_blobs(item);
      left_ -= std::min(left_, item.freed);
      taken.push_back(std::move(item));
    }
    return taken;
  }

 private:
  void count_needs() {
    for (const auto& image : contents_.images)
      for (const auto& blob : image.own) ++needs_[blob.digest];
    for (const auto& run : contents_.runs)
      for (const auto& blob : run.outputs) ++needs_[blob.digest];
    // A training may write what is a layer too: each stays for the other.
    for (const auto& layer : contents_.layers)
      if (const auto need = needs_.find(layer.diff_id); need != needs_.end()) {
        ++need->second;
        shared_layers_.insert(layer.diff_id);
      }
  }

  const std::vector<Contents::Blob>* blobs_of(const GarbageItem& item) const {
    if (item.kind == Kind::image) return &contents_.images[item.index].own;
    if (item.kind == Kind::run) return &contents_.runs[item.index].outputs;
    return nullptr;
  }

  uint64_t release_blobs(const GarbageItem& item) {
    uint64_t freed = 0;
    if (const auto* blobs = blobs_of(item))
      for (const auto& blob : *blobs)
        if (--needs_[blob.digest] == 0) freed += blob.size;
    return freed;
  }

  void add(Kind kind, size_t index, int64_t used, uint64_t freed, std::string name) {
    candidates_.push_back({kind, index, used, freed, std::move(name)});
  }

  void list_candidates() {
    std::set<oci::Digest> kept_layers;
    std::map<oci::Digest, int64_t> used_by_images;
    for (size_t i = 0; i < contents_.images.size(); ++i) {
      const auto& image = contents_.images[i];
      for (const oci::Digest& layer : image.layers) {
        if (image.is_protected()) kept_layers.insert(layer);
        int64_t& used = used_by_images[layer];
        used = std::max(used, image.used);
      }
      if (!image.is_protected()) add(Kind::image, i, image.used, 0, "image " + image.digest.str());
    }
    list_runs();
    for (size_t i = 0; i < contents_.trees.size(); ++i)
      add(Kind::tree, i, contents_.trees[i].used, contents_.trees[i].size,
          "unnamed layer tree " + contents_.trees[i].path.filename().string());
    for (size_t i = 0; i < contents_.caches.size(); ++i)
      if (!contents_.caches[i].in_use)
        add(Kind::cache, i, contents_.caches[i].used, contents_.caches[i].size,
            "cache " + contents_.caches[i].id);
    // Of an image that cannot be read nobody knows what it holds.
    if (contents_.damaged_images.empty()) list_layers_and_blobs(kept_layers, used_by_images);
    // An image goes before its layers, which have at least its time.
    std::stable_sort(candidates_.begin(), candidates_.end(),
                     [](const GarbageItem& a, const GarbageItem& b) {
                       return a.used != b.used ? a.used < b.used : a.kind < b.kind;
                     });
  }

  void list_layers_and_blobs(const std::set<oci::Digest>& kept_layers,
                             const std::map<oci::Digest, int64_t>& used_by_images) {
    for (size_t i = 0; i < contents_.layers.size(); ++i) {
      const auto& layer = contents_.layers[i];
      if (kept_layers.contains(layer.diff_id) || shared_layers_.contains(layer.diff_id)) continue;
      const auto by_images = used_by_images.find(layer.diff_id);
      const int64_t used =
          by_images == used_by_images.end() ? layer.used : std::max(layer.used, by_images->second);
      add(Kind::layer, i, used, layer.blob_size + layer.tree_size, "layer " + layer.diff_id.str());
    }
    for (size_t i = 0; i < contents_.blobs.size(); ++i)
      add(Kind::blob, i, contents_.blobs[i].used, contents_.blobs[i].size,
          "unnamed blob sha256:" + contents_.blobs[i].path.filename().string());
  }

  void list_runs() {
    for (size_t i = 0; i < contents_.runs.size(); ++i) {
      const auto& run = contents_.runs[i];
      const std::string name =
          run.key.substr(0, 12) + (run.target.empty() ? "" : " (" + run.target + ")");
      // A failed try is for looking at, once; no build tree needs it.
      if (run.failed > 0 && !run.going_on)
        add(Kind::failed_try, i, run.failed_at, run.failed, "failed try of run " + name);
      if (!run.is_protected())
        add(Kind::run, i, run.used, run.folder + run.checkpoints, "run " + name);
      else if (run.checkpoints > 0 && run.finished && !run.going_on)
        add(Kind::checkpoints, i, run.used, run.checkpoints, "checkpoints of finished run " + name);
    }
  }

  const Contents& contents_;
  const GarbagePolicy& policy_;
  uint64_t left_;
  Needs needs_;
  std::set<oci::Digest> shared_layers_;
  std::vector<GarbageItem> candidates_;
};

}  // namespace

std::vector<GarbageItem> find_garbage(const Contents& contents, const GarbagePolicy& policy) {
  return Search(contents, policy).take();
}

}  // namespace trainyard::store
