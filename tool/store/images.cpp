#include "store/images.hpp"

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "store/image_index.hpp"
#include "store/image_lookup.hpp"
#include "store/last_use.hpp"
#include "store/sync_state.hpp"

namespace trainyard::store {

namespace {

oci::Manifest make_manifest(const oci::Descriptor& config, const std::vector<oci::Digest>& diff_ids,
                            const std::vector<uint64_t>& sizes) {
  if (diff_ids.size() != sizes.size())
    throw Error("storing", "an image",
                std::to_string(diff_ids.size()) + " layers have " + std::to_string(sizes.size()) +
                    " sizes");
  oci::Manifest manifest;
  manifest.config = config;
  for (size_t i = 0; i < diff_ids.size(); ++i) {
    oci::Descriptor layer;
    layer.media_type = oci::media_type::layer;
    layer.digest = diff_ids[i];
    layer.size = sizes[i];
    manifest.layers.push_back(std::move(layer));
  }
  return manifest;
}

oci::Descriptor describe(const char* media_type, const std::string& text) {
  oci::Descriptor descriptor;
  descriptor.media_type = media_type;
  descriptor.digest = oci::Digest::of(text);
  descriptor.size = text.size();
  return descriptor;
}

uint64_t layer_bytes(const oci::Manifest& manifest) {
  uint64_t size = 0;
  for (const oci::Descriptor& layer : manifest.layers) size += layer.size;
  return size;
}

std::vector<std::string> tag_names(const std::vector<oci::Reference>& tags) {
  std::vector<std::string> names;
  for (const oci::Reference& tag : tags) names.push_back(tag.name + ":" + tag.tag);
  return names;
}

/// Whether the index lists a manifest under all of `tags`.
bool is_listed(const oci::Index& index, const oci::Digest& digest,
               const std::vector<std::string>& tags) {
  std::set<std::string> found;
  bool listed = false;
  for (const oci::Descriptor& entry : index.manifests) {
    if (entry.digest != digest) continue;
    listed = true;
    found.insert(tag_of(entry));
  }
  return listed && std::all_of(tags.begin(), tags.end(),
                               [&](const std::string& tag) { return found.contains(tag); });
}

bool holds(const Store& store, const oci::Digest& digest, const std::string& text) {
  return read_file_if_exists(store.blob(digest)) == text;
}

}  // namespace

Image put_image(const Store& store, const oci::ImageConfig& config,
                const std::vector<uint64_t>& layer_sizes, const std::vector<oci::Reference>& tags) {
  const std::string config_text = canonical_json(oci::to_json(config));
  const oci::Descriptor described = describe(oci::media_type::config, config_text);
  const oci::Manifest manifest = make_manifest(described, config.diff_ids, layer_sizes);
  const std::string text = canonical_json(oci::to_json(manifest));
  oci::Descriptor entry = describe(oci::media_type::manifest, text);
  entry.platform = config.platform;
  const std::vector<std::string> names = tag_names(tags);
  note_use(store.blob(entry.digest));
  // The common case of a build in which nothing changed: three small reads.
  if (!holds(store, described.digest, config_text) || !holds(store, entry.digest, text) ||
      !is_listed(read_index(store), entry.digest, names)) {
    // The index is dear, and so is what it names: were the layers still on their way to the disk, a
    // power cut could leave a tag on an image without them.
    sync_store(store);
    store.put_blob(config_text, Durability::dear);
    store.put_blob(text, Durability::dear);
    update_index(store, [&](oci::Index& index) { list_image(index, entry, names); });
  }
  return {entry.digest, manifest, config, layer_bytes(manifest)};
}

Image load_image(const Store& store, const oci::Digest& digest) {
  const std::string where = "manifest " + digest.str();
  const oci::Manifest manifest =
      oci::parse_manifest(parse_json(store.read_blob(digest), where), where);
  const std::string config_where = "config " + manifest.config.digest.str();
  const std::string text = store.read_blob(manifest.config.digest);
  return {digest, manifest, oci::parse_image_config(parse_json(text, config_where), config_where),
          layer_bytes(manifest)};
}

std::optional<Image> find_image(const Store& store, const std::string& name) {
  const auto found = look_up(read_index(store), name);
  if (!found) return std::nullopt;
  note_use(store.blob(found->digest));
  return load_image(store, found->digest);
}

Image require_image(const Store& store, const std::string& name) {
  const oci::Index index = read_index(store);
  const auto found = look_up(index, name);
  if (!found) throw unknown_image(index, name);
  note_use(store.blob(found->digest));
  return load_image(store, found->digest);
}

std::vector<TaggedImage> list_images(const Store& store) {
  std::vector<TaggedImage> images;
  std::set<oci::Digest> damaged;
  for (const oci::Descriptor& entry : read_index(store).manifests) {
    if (damaged.contains(entry.digest)) continue;
    auto there = std::find_if(images.begin(), images.end(), [&](const TaggedImage& other) {
      return other.image.digest == entry.digest;
    });
    try {
      if (there == images.end())
        there = images.insert(there, {{}, load_image(store, entry.digest)});
    } catch (const Error&) {
      damaged.insert(entry.digest);
      continue;
    }
    if (const std::string tag = tag_of(entry); !tag.empty()) there->tags.push_back(tag);
  }
  return images;
}

void tag_image(const Store& store, const oci::Digest& digest, const oci::Reference& tag) {
  const Image image = load_image(store, digest);
  oci::Descriptor entry = describe(oci::media_type::manifest, store.read_blob(digest));
  entry.platform = image.config.platform;
  update_index(store, [&](oci::Index& index) { list_image(index, entry, tag_names({tag})); });
}

}  // namespace trainyard::store
