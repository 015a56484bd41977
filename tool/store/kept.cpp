#include "store/kept.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace trainyard::store {

namespace {

using Kind = GarbageItem::Kind;

class Explanation {
 public:
  Explanation(const Contents& contents, const std::vector<GarbageItem>& garbage)
      : contents_(contents) {
    for (const GarbageItem& item : garbage) goes_.emplace(item.kind, item.index);
  }

  std::vector<KeptItem> take() {
    add_images();
    add_runs();
    add_layers();
    for (size_t i = 0; i < contents_.caches.size(); ++i) {
      const auto& cache = contents_.caches[i];
      if (stays(Kind::cache, i))
        kept_.push_back({"cache " + cache.id, cache.size, cache.used,
                         cache.in_use ? std::vector<std::string>{"a step uses it"}
                                      : std::vector<std::string>()});
    }
    std::stable_sort(kept_.begin(), kept_.end(),
                     [](const KeptItem& a, const KeptItem& b) { return a.size > b.size; });
    return std::move(kept_);
  }

 private:
  bool stays(Kind kind, size_t index) const { return !goes_.contains({kind, index}); }

  static uint64_t size_of(const std::vector<Contents::Blob>& blobs) {
    uint64_t size = 0;
    for (const auto& blob : blobs) size += blob.size;
    return size;
  }

  void add_images() {
    std::map<oci::Digest, uint64_t> sizes;
    for (const auto& layer : contents_.layers)
      sizes[layer.diff_id] = layer.blob_size + layer.tree_size;
    for (size_t i = 0; i < contents_.images.size(); ++i) {
      const auto& image = contents_.images[i];
      if (!stays(Kind::image, i)) continue;
      KeptItem item{"image " + image.digest.str(), size_of(image.own), image.used, {}};
      for (const oci::Digest& layer : image.layers) {
        item.size += sizes[layer];
        in_images_.insert(layer);
      }
      for (const std::string& tag : image.tags) item.reasons.push_back("tag " + tag);
      for (const std::string& target : image.targets) item.reasons.push_back("target " + target);
      if (image.running) item.reasons.emplace_back("open in a container");
      kept_.push_back(std::move(item));
    }
  }

  void add_runs() {
    for (size_t i = 0; i < contents_.runs.size(); ++i) {
      const auto& run = contents_.runs[i];
      const std::string name =
          run.key.substr(0, 12) + (run.target.empty() ? "" : " (" + run.target + ")");
      std::vector<std::string> reasons;
      for (const std::string& target : run.targets) reasons.push_back("target " + target);
      if (run.going_on) reasons.emplace_back("going on");
      if (run.failed > 0 && stays(Kind::failed_try, i))
        kept_.push_back(
            {"failed try of run " + name, run.failed, run.failed_at,
             run.going_on ? std::vector<std::string>{"going on"} : std::vector<std::string>()});
      if (stays(Kind::run, i))
        kept_.push_back({"run " + name,
                         size_of(run.outputs) + run.folder +
                             (stays(Kind::checkpoints, i) ? run.checkpoints : 0),
                         run.used, std::move(reasons)});
    }
  }

  void add_layers() {
    for (size_t i = 0; i < contents_.layers.size(); ++i) {
      const auto& layer = contents_.layers[i];
      if (stays(Kind::layer, i) && !in_images_.contains(layer.diff_id))
        kept_.push_back(
            {"layer " + layer.diff_id.str(), layer.blob_size + layer.tree_size, layer.used, {}});
    }
  }

  const Contents& contents_;
  std::set<std::pair<Kind, size_t>> goes_;
  std::set<oci::Digest> in_images_;
  std::vector<KeptItem> kept_;
};

}  // namespace

std::vector<KeptItem> find_kept(const Contents& contents, const std::vector<GarbageItem>& garbage) {
  return Explanation(contents, garbage).take();
}

}  // namespace trainyard::store
