#include "store/images.hpp"

#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/quantity.hpp"
#include "base/spelling.hpp"
#include "store/image_index.hpp"
#include "store/layer_links.hpp"
#include "store/layer_trees.hpp"

namespace trainyard::store {

namespace {

constexpr size_t k_shortest_prefix = 6;

bool is_hexadecimal(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

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

/// Stores a document and describes it.
oci::Descriptor put_document(const Store& store, const Json& json, const char* media_type) {
  const std::string text = canonical_json(json);
  oci::Descriptor descriptor;
  descriptor.media_type = media_type;
  // The index that names it is dear, so it is too.
  descriptor.digest = store.put_blob(text, Durability::dear);
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

/// Whether the index lists it under all of `tags`, and what it lists can be read.
bool is_listed(const Store& store, const oci::Manifest& manifest, const std::string& text,
               const std::vector<std::string>& tags) {
  const oci::Digest digest = oci::Digest::of(text);
  std::set<std::string> found;
  bool listed = false;
  for (const oci::Descriptor& entry : read_index(store).manifests) {
    if (entry.digest != digest) continue;
    listed = true;
    found.insert(tag_of(entry));
  }
  if (!listed) return false;
  if (!std::all_of(tags.begin(), tags.end(),
                   [&](const std::string& tag) { return found.contains(tag); }))
    return false;
  return read_file_if_exists(store.blob(digest)) == text && store.has_blob(manifest.config.digest);
}

std::optional<oci::Digest> digest_of_tag(const oci::Index& index, const std::string& tag) {
  for (const oci::Descriptor& entry : index.manifests)
    if (tag_of(entry) == tag) return entry.digest;
  return std::nullopt;
}

std::optional<oci::Digest> digest_of_prefix(const oci::Index& index, const std::string& prefix,
                                            const std::string& name) {
  std::set<oci::Digest> found;
  for (const oci::Descriptor& entry : index.manifests)
    if (entry.digest.hex().starts_with(prefix)) found.insert(entry.digest);
  if (found.size() > 1) {
    std::string list;
    for (const oci::Digest& digest : found) list += (list.empty() ? "" : ", ") + digest.brief();
    throw usage_error("looking up", name, "several images begin with it: " + list,
                      "write more digits");
  }
  if (found.empty()) return std::nullopt;
  return *found.begin();
}

struct Resolved {
  oci::Digest digest;
  std::string tag;  ///< when it was found by one
};

std::optional<Resolved> resolve(const oci::Index& index, const std::string& name) {
  const auto by_prefix = [&](const std::string& prefix) -> std::optional<Resolved> {
    const auto digest = digest_of_prefix(index, prefix, name);
    if (!digest) return std::nullopt;
    return Resolved{*digest, ""};
  };
  const size_t at = name.rfind("sha256:");
  if (at == 0 || (at != std::string::npos && name[at - 1] == '@')) {
    const std::string digits = name.substr(at + 7);
    if (digits.size() < k_shortest_prefix || digits.size() > 64 || !is_hexadecimal(digits))
      throw usage_error("reading the digest of", name, "\"" + digits + "\" is not a digest",
                        "write 6 to 64 hexadecimal digits after sha256:");
    return by_prefix(digits);
  }
  const oci::Reference reference = oci::Reference::parse(name);
  const std::string tag = reference.name + ":" + reference.tag;
  if (const auto digest = digest_of_tag(index, tag)) return Resolved{*digest, tag};
  if (name.size() >= k_shortest_prefix && name.size() <= 64 && is_hexadecimal(name))
    return by_prefix(name);
  return std::nullopt;
}

Error unknown_image(const oci::Index& index, const std::string& name) {
  std::vector<std::string> tags;
  for (const oci::Descriptor& entry : index.manifests) {
    const std::string tag = tag_of(entry);
    if (tag.empty()) continue;
    tags.push_back(tag);
    if (tag.ends_with(":latest")) tags.push_back(tag.substr(0, tag.size() - 7));
  }
  const std::string near = suggestion(name, tags);
  return usage_error("finding image", name, "there is no such image in the store",
                     near.empty() ? "`trainyard images` lists what there is" : near);
}

/// Everything that the manifest refers to, and the manifest.
std::set<oci::Digest> blobs_of(const oci::Digest& digest, const oci::Manifest& manifest) {
  std::set<oci::Digest> blobs{digest, manifest.config.digest};
  for (const oci::Descriptor& layer : manifest.layers) blobs.insert(layer.digest);
  return blobs;
}

/// What the images that are still listed use. One that cannot be read makes the answer unknown:
/// Error.
std::set<oci::Digest> used_blobs(const Store& store, const oci::Index& index) {
  std::set<oci::Digest> used;
  for (const oci::Descriptor& entry : index.manifests) {
    if (used.contains(entry.digest)) continue;
    used.merge(blobs_of(entry.digest, load_image(store, entry.digest).manifest));
  }
  return used;
}

void remove_unused(const Store& store, JobRunner& runner, const Image& image,
                   const std::set<oci::Digest>& used, std::vector<std::string>& lines) {
  std::vector<fs::path> trees;
  size_t shared = 0;
  std::set<oci::Digest> seen;
  for (const oci::Descriptor& layer : image.manifest.layers) {
    if (!seen.insert(layer.digest).second) continue;
    if (used.contains(layer.digest)) {
      ++shared;
      continue;
    }
    if (const auto id = unlink_tree(store, layer.digest)) trees.push_back(layer_tree(store, *id));
    ::unlink(store.blob(layer.digest).c_str());
    lines.push_back("deleted layer: " + layer.digest.str() + " (" + format_bytes(layer.size) + ")");
  }
  if (!used.contains(image.manifest.config.digest))
    ::unlink(store.blob(image.manifest.config.digest).c_str());
  ::unlink(store.blob(image.digest).c_str());
  if (shared > 0)
    lines.push_back("kept: " + std::to_string(shared) + (shared == 1 ? " layer" : " layers") +
                    " that other images use");
  remove_trees(runner, trees);
}

}  // namespace

Image put_image(const Store& store, const oci::ImageConfig& config,
                const std::vector<uint64_t>& layer_sizes, const std::vector<oci::Reference>& tags) {
  const Json config_json = oci::to_json(config);
  const std::string config_text = canonical_json(config_json);
  oci::Descriptor described_config;
  described_config.media_type = oci::media_type::config;
  described_config.digest = oci::Digest::of(config_text);
  described_config.size = config_text.size();
  const oci::Manifest manifest = make_manifest(described_config, config.diff_ids, layer_sizes);
  const Json manifest_json = oci::to_json(manifest);
  const std::string manifest_text = canonical_json(manifest_json);
  const std::vector<std::string> names = tag_names(tags);
  const oci::Digest digest = oci::Digest::of(manifest_text);
  if (!is_listed(store, manifest, manifest_text, names)) {
    put_document(store, config_json, oci::media_type::config);
    oci::Descriptor entry = put_document(store, manifest_json, oci::media_type::manifest);
    entry.platform = config.platform;
    update_index(store, [&](oci::Index& index) { list_image(index, entry, names); });
  }
  return {digest, manifest, config, layer_bytes(manifest)};
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
  const auto found = resolve(read_index(store), name);
  if (!found) return std::nullopt;
  return load_image(store, found->digest);
}

Image require_image(const Store& store, const std::string& name) {
  const oci::Index index = read_index(store);
  const auto found = resolve(index, name);
  if (!found) throw unknown_image(index, name);
  return load_image(store, found->digest);
}

std::vector<TaggedImage> list_images(const Store& store) {
  std::vector<TaggedImage> images;
  for (const oci::Descriptor& entry : read_index(store).manifests) {
    auto there = std::find_if(images.begin(), images.end(), [&](const TaggedImage& other) {
      return other.image.digest == entry.digest;
    });
    if (there == images.end()) {
      images.push_back({{}, load_image(store, entry.digest)});
      there = images.end() - 1;
    }
    if (const std::string tag = tag_of(entry); !tag.empty()) there->tags.push_back(tag);
  }
  return images;
}

void tag_image(const Store& store, const oci::Digest& digest, const oci::Reference& tag) {
  const Image image = load_image(store, digest);
  oci::Descriptor entry;
  entry.media_type = oci::media_type::manifest;
  entry.digest = digest;
  entry.size = store.read_blob(digest).size();
  entry.platform = image.config.platform;
  update_index(store, [&](oci::Index& index) { list_image(index, entry, tag_names({tag})); });
}

std::vector<std::string> remove_image(const Store& store, JobRunner& runner,
                                      const std::string& name) {
  std::vector<std::string> lines;
  std::optional<Image> gone;
  std::set<oci::Digest> used;
  update_index(store, [&](oci::Index& index) {
    const auto found = resolve(index, name);
    if (!found) throw unknown_image(index, name);
    const auto of_image = [&](const oci::Descriptor& entry) {
      return entry.digest == found->digest;
    };
    for (const oci::Descriptor& entry : index.manifests)
      if (const std::string tag = tag_of(entry);
          of_image(entry) && !tag.empty() && (found->tag.empty() || found->tag == tag))
        lines.push_back("untagged: " + tag);
    const bool other_tags =
        std::count_if(index.manifests.begin(), index.manifests.end(), of_image) > 1;
    if (!found->tag.empty() && other_tags) return drop_tag(index, found->tag);
    gone = load_image(store, found->digest);
    std::erase_if(index.manifests, of_image);
    used = used_blobs(store, index);
  });
  if (!gone) return lines;
  lines.push_back("deleted: " + gone->digest.str());
  remove_unused(store, runner, *gone, used, lines);
  return lines;
}

}  // namespace trainyard::store
