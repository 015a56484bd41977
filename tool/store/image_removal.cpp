#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.hpp"
#include "base/quantity.hpp"
#include "store/collect_garbage.hpp"
#include "store/image_index.hpp"
#include "store/image_lookup.hpp"
#include "store/images.hpp"
#include "store/last_use.hpp"
#include "store/step_records.hpp"
#include "store/work_folder.hpp"

namespace trainyard::store {

namespace {

using Lines = std::vector<std::string>;

std::set<oci::Digest> blobs_of(const oci::Digest& digest, const oci::Manifest& manifest) {
  std::set<oci::Digest> blobs{digest, manifest.config.digest};
  for (const oci::Descriptor& layer : manifest.layers) blobs.insert(layer.digest);
  return blobs;
}

/// What the images of the index use. Throws Error when one of them cannot be read.
std::set<oci::Digest> used_blobs(const Store& store, const oci::Index& index) {
  std::set<oci::Digest> used;
  for (const oci::Descriptor& entry : index.manifests)
    if (!used.contains(entry.digest))
      used.merge(blobs_of(entry.digest, load_image(store, entry.digest).manifest));
  return used;
}

/// What goes with an image that was taken off the index.
struct Doomed {
  oci::Digest digest;
  std::set<oci::Digest> blobs;          ///< that nothing else uses
  std::vector<oci::Descriptor> layers;  ///< those of them that are layers
};

bool is_open_in_a_container(const Store& store, const oci::Digest& digest) {
  const std::vector<oci::Digest> pinned = pinned_images(store);
  return std::find(pinned.begin(), pinned.end(), digest) != pinned.end();
}

/// When it is not known what the image holds, or what the others use, only its manifest goes.
Doomed take_off(const Store& store, oci::Index& index, const oci::Digest& digest, Lines& lines) {
  Doomed doomed{digest, {digest}, {}};
  std::erase_if(index.manifests,
                [&](const oci::Descriptor& entry) { return entry.digest == digest; });
  lines.push_back("deleted: " + digest.str());
  try {
    const oci::Manifest manifest = load_image(store, digest).manifest;
    const std::set<oci::Digest> used = used_blobs(store, index);
    for (const oci::Digest& blob : blobs_of(digest, manifest))
      if (!used.contains(blob)) doomed.blobs.insert(blob);
    size_t shared = 0;
    for (const oci::Descriptor& layer : manifest.layers)
      if (used.contains(layer.digest))
        ++shared;
      else
        doomed.layers.push_back(layer);
    if (shared > 0)
      lines.push_back("kept: " + std::to_string(shared) + (shared == 1 ? " layer" : " layers") +
                      " that other images use");
  } catch (const Error& error) {
    lines.push_back(std::string("kept: its layers, because an image is damaged: ") + error.what());
  }
  return doomed;
}

void remove_blobs(const Store& store, JobRunner& runner, const Doomed& doomed, int64_t in_use_since,
                  Lines& lines) {
  std::vector<Contents::StoredLayer> layers;
  std::map<oci::Digest, uint64_t> sizes;
  for (const oci::Descriptor& layer : doomed.layers) sizes[layer.digest] = layer.size;
  for (const auto& [digest, size] : sizes) layers.emplace_back().diff_id = digest;
  for (const KeptStep& step : list_steps(store))
    for (auto& layer : layers)
      if (step.record && step.record->diff_id == layer.diff_id) layer.records.push_back(step.file);
  const std::vector<oci::Digest> released = release_layers(store, runner, layers, in_use_since);
  for (const oci::Digest& layer : released)
    lines.push_back("deleted layer: " + layer.str() + " (" + format_bytes(sizes.at(layer)) + ")");
  if (released.size() < layers.size())
    lines.push_back(
        "kept: " + std::to_string(layers.size() - released.size()) +
        " of its layers, which a build or run is using; `trainyard gc` takes them later");
  for (const oci::Digest& blob : doomed.blobs)
    if (!sizes.contains(blob)) ::unlink(store.blob(blob).c_str());
}

}  // namespace

Lines remove_image(const Store& store, JobRunner& runner, const std::string& name) {
  const int64_t in_use_since = oldest_visit(store);
  Lines lines;
  std::optional<Doomed> doomed;
  update_index(store, [&](oci::Index& index) {
    const auto found = look_up(index, name);
    if (!found) throw unknown_image(index, name);
    size_t entries = 0;
    for (const oci::Descriptor& entry : index.manifests) {
      if (entry.digest != found->digest) continue;
      ++entries;
      const std::string tag = tag_of(entry);
      if (!tag.empty() && (found->tag.empty() || found->tag == tag))
        lines.push_back("untagged: " + tag);
    }
    if (!found->tag.empty() && entries > 1)
      drop_tag(index, found->tag);
    else if (is_open_in_a_container(store, found->digest))
      throw Error("removing image", name, "a container that is running has it open",
                  "let it end or stop it, and call again");
    else
      doomed = take_off(store, index, found->digest, lines);
  });
  if (doomed) remove_blobs(store, runner, *doomed, in_use_since, lines);
  return lines;
}

}  // namespace trainyard::store
