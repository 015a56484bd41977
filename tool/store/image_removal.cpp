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
#include "store/run_records.hpp"
#include "store/step_records.hpp"
#include "store/trash.hpp"
#include "store/work_folder.hpp"

namespace trainyard::store {

namespace {

using Lines = std::vector<std::string>;

std::set<oci::Digest> blobs_of(const oci::Digest& digest, const oci::Manifest& manifest) {
  std::set<oci::Digest> blobs{digest, manifest.config.digest};
  for (const oci::Descriptor& layer : manifest.layers) blobs.insert(layer.digest);
  return blobs;
}

/// What the images of the index and the runs use. Throws Error when an image cannot be read.
std::set<oci::Digest> used_blobs(const Store& store, const oci::Index& index) {
  std::set<oci::Digest> used;
  for (const oci::Descriptor& entry : index.manifests)
    if (!used.contains(entry.digest))
      used.merge(blobs_of(entry.digest, load_image(store, entry.digest).manifest));
  for (const std::string& key : list_runs(store))
    if (const auto run = find_run(store, key))
      for (const Output& output : run->outputs)
        for (const OutputFile& file : output.files) used.insert(file.digest);
  return used;
}

/// What goes with an image that was taken off the index.
struct Doomed {
  oci::Descriptor manifest;
  std::set<oci::Digest> blobs;          ///< that nothing else uses
  std::vector<oci::Descriptor> layers;  ///< those of them that are layers
  Lines kept;                           ///< what stays, in words
};

bool is_open_in_a_container(const Store& store, const oci::Digest& digest) {
  const std::vector<oci::Digest> pinned = pinned_images(store);
  return std::find(pinned.begin(), pinned.end(), digest) != pinned.end();
}

/// When it is not known what the image holds, or what the others use, only its manifest goes.
Doomed take_off(const Store& store, oci::Index& index, const oci::Digest& digest) {
  const auto is_meant = [&](const oci::Descriptor& entry) { return entry.digest == digest; };
  Doomed doomed{
      *std::find_if(index.manifests.begin(), index.manifests.end(), is_meant), {digest}, {}, {}};
  std::erase_if(index.manifests, is_meant);
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
      doomed.kept.push_back("kept: " + std::to_string(shared) +
                            (shared == 1 ? " layer" : " layers") +
                            " that other images or runs use");
  } catch (const Error& error) {
    doomed.kept.push_back(std::string("kept: its layers, because an image is damaged: ") +
                          error.what());
  }
  return doomed;
}

/// Puts an image that a build works on back in the list, where it keeps its layers.
void list_again(const Store& store, oci::Descriptor manifest, Lines& lines) {
  manifest.annotations.erase(oci::k_ref_name);
  update_index(store, [&](oci::Index& index) { list_image(index, manifest, {}); });
  lines.push_back("kept: " + manifest.digest.str() +
                  ", which a build or run that goes on may use; `trainyard gc` takes it later");
}

void remove_layers(const Store& store, JobRunner& runner, const Doomed& doomed,
                   int64_t in_use_since, Lines& lines) {
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
}

/// First the names go, then the question whether somebody uses them (last_use.hpp). Who uses an
/// image says so at its manifest: layers of a base image have no record of a step that would tell.
void remove_content(const Store& store, JobRunner& runner, const Doomed& doomed,
                    int64_t in_use_since, Lines& lines) {
  const WorkFolder work(store);
  const Trash trash(work.path());
  const oci::Digest& digest = doomed.manifest.digest;
  if (!trash.remove_unless_used(store.blob(digest), in_use_since))
    return list_again(store, doomed.manifest, lines);
  lines.push_back("deleted: " + digest.str());
  lines.insert(lines.end(), doomed.kept.begin(), doomed.kept.end());
  remove_layers(store, runner, doomed, in_use_since, lines);
  const auto is_layer = [&](const oci::Digest& blob) {
    return std::any_of(doomed.layers.begin(), doomed.layers.end(),
                       [&](const oci::Descriptor& layer) { return layer.digest == blob; });
  };
  for (const oci::Digest& blob : doomed.blobs)
    if (blob != digest && !is_layer(blob)) trash.remove_unless_used(store.blob(blob), in_use_since);
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
      doomed = take_off(store, index, found->digest);
  });
  if (!doomed) return lines;
  try {
    remove_content(store, runner, *doomed, in_use_since, lines);
  } catch (Error& error) {
    const std::string hint = error.hint().empty() ? "" : error.hint() + "; ";
    throw std::move(error).with_hint(
        hint + "the image is off the list already, and `trainyard gc` removes what is left of it");
  }
  return lines;
}

}  // namespace trainyard::store
