#include "oci/image_layout.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "base/error.hpp"
#include "base/file.hpp"

namespace trainyard::oci {

namespace {

/// Indexes of indexes are for platforms of releases at most; more is a loop or an attack.
constexpr int k_deepest_index = 4;

/// Parsed, a document takes many times its bytes; registries hold manifests of at most 4 MiB.
constexpr uint64_t k_largest_document = 4 << 20;

/// A layout from anywhere may have anything in a file's place: a FIFO would wait for ever, a device
/// never end.
UniqueFd open_file(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) throw system_error("opening", path.string());
  if (!S_ISREG(status.st_mode))
    throw usage_error("reading", path.string(), "it is not a regular file");
  return fd;
}

std::string read_document(const std::filesystem::path& path) {
  const std::string name = path.string();
  std::string text = read_all(open_file(path).get(), name, k_largest_document + 1);
  if (text.size() > k_largest_document)
    throw usage_error("reading", name, "it is larger than 4 MiB");
  return text;
}

/// Those of foreign layers ("kept elsewhere") are not among them: nothing is fetched from a URL
/// that an image names.
constexpr std::array<std::string_view, 6> k_layer_types = {
    media_type::layer,
    media_type::layer_gzip,
    media_type::layer_zstd,
    "application/vnd.docker.image.rootfs.diff.tar",
    "application/vnd.docker.image.rootfs.diff.tar.gzip",
    "application/vnd.docker.image.rootfs.diff.tar.zstd"};

bool is_index(const Descriptor& descriptor) {
  return descriptor.media_type == media_type::index ||
         descriptor.media_type == "application/vnd.docker.distribution.manifest.list.v2+json";
}

bool is_manifest(const Descriptor& descriptor) {
  return descriptor.media_type == media_type::manifest ||
         descriptor.media_type == "application/vnd.docker.distribution.manifest.v2+json";
}

std::string tag_of(const Descriptor& descriptor) {
  const auto it = descriptor.annotations.find(k_ref_name);
  return it == descriptor.annotations.end() ? std::string() : it->second;
}

/// A foreign tool may have written the whole name where image-spec asks for the tag.
bool has_tag(const Descriptor& descriptor, const std::string& tag) {
  const std::string named = tag_of(descriptor);
  return named == tag || named.ends_with(":" + tag);
}

/// An absent platform, or one that leaves the variant open, fits.
bool fits(const Descriptor& descriptor, const Platform& platform) {
  if (!descriptor.platform) return true;
  const Platform& has = *descriptor.platform;
  return has.os == platform.os && has.architecture == platform.architecture &&
         (has.variant.empty() || platform.variant.empty() || has.variant == platform.variant);
}

std::string tags_of(const Index& index) {
  std::set<std::string> tags;
  for (const Descriptor& one : index.manifests)
    if (!tag_of(one).empty()) tags.insert(tag_of(one));
  std::string list;
  for (const std::string& tag : tags) list += (list.empty() ? "" : ", ") + tag;
  return list.empty() ? "the layout has no tags: leave the tag out" : "its tags are: " + list;
}

}  // namespace

ImageLayout::ImageLayout(std::filesystem::path folder) : folder_(std::move(folder)) {
  if (::access((folder_ / "oci-layout").c_str(), F_OK) != 0)
    throw usage_error("reading the image layout", folder_.string(),
                      "there is no file oci-layout in it",
                      "name the folder that holds oci-layout, index.json and blobs/");
  const std::string where = (folder_ / "oci-layout").string();
  const Json json = parse_json(read_document(where), where);
  ObjectReader in(json, where);
  const std::string version = in.string("imageLayoutVersion");
  if (version != "1.0.0") in.fail("imageLayoutVersion", "must be 1.0.0");
}

std::filesystem::path ImageLayout::blob_path(const Digest& digest) const {
  return folder_ / "blobs" / "sha256" / digest.hex();
}

std::string ImageLayout::read_blob(const Descriptor& descriptor) const {
  const std::string path = blob_path(descriptor.digest).string();
  if (descriptor.size > k_largest_document)
    throw usage_error("reading", path,
                      "its descriptor says " + std::to_string(descriptor.size) +
                          " bytes, more than the limit of 4 MiB");
  const UniqueFd fd = open_file(path);
  std::string bytes = read_all(fd.get(), path, descriptor.size + 1);
  if (bytes.size() != descriptor.size)
    throw usage_error("reading", path,
                      "it does not have the " + std::to_string(descriptor.size) +
                          " bytes that its descriptor says",
                      "the layout is damaged: copy it again");
  if (Digest::of(bytes) != descriptor.digest)
    throw usage_error("reading", path, "its content does not have its digest",
                      "the layout is damaged: copy it again");
  return bytes;
}

Manifest ImageLayout::manifest(const Descriptor& descriptor) const {
  const std::string where = blob_path(descriptor.digest).string();
  return parse_manifest(parse_json(read_blob(descriptor), where), where);
}

ImageConfig ImageLayout::config(const Manifest& manifest) const {
  const std::string where = blob_path(manifest.config.digest).string();
  const std::string& type = manifest.config.media_type;
  if (type != media_type::config && type != "application/vnd.docker.container.image.v1+json")
    throw usage_error("reading the image config", where,
                      "its media type is \"" + type.substr(0, 100) + "\"",
                      "this is an artifact of another kind, not a container image");
  ImageConfig config = parse_image_config(parse_json(read_blob(manifest.config), where), where);
  if (config.diff_ids.size() != manifest.layers.size())
    throw usage_error("reading the image config", where,
                      "it lists " + std::to_string(config.diff_ids.size()) +
                          " diff-ids, but the manifest " + std::to_string(manifest.layers.size()) +
                          " layers");
  return config;
}

std::filesystem::path ImageLayout::layer(const Descriptor& descriptor) const {
  const std::filesystem::path path = blob_path(descriptor.digest);
  const std::string& type = descriptor.media_type;
  if (std::none_of(k_layer_types.begin(), k_layer_types.end(),
                   [&type](std::string_view known) { return type == known; }))
    throw usage_error("reading the layer", path.string(),
                      "its media type is \"" + type.substr(0, 100) + "\"",
                      "layers are tars: plain, gzip or zstd, neither encrypted nor kept elsewhere");
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw system_error("reading the layer", path.string());
  if (!S_ISREG(status.st_mode))
    throw usage_error("reading the layer", path.string(), "it is not a regular file");
  if (static_cast<uint64_t>(status.st_size) != descriptor.size)
    throw usage_error("reading the layer", path.string(),
                      "it does not have the " + std::to_string(descriptor.size) +
                          " bytes that its descriptor says",
                      "the layout is damaged: copy it again");
  return path;
}

Descriptor ImageLayout::find(const std::string& tag, const Platform& platform) const {
  const std::string where = (folder_ / "index.json").string();
  const Index top = parse_index(parse_json(read_document(where), where), where);
  std::vector<Descriptor> found, level;
  for (const Descriptor& one : top.manifests)
    if (tag.empty() || has_tag(one, tag) || one.digest.str() == tag) level.push_back(one);
  if (level.empty())
    throw usage_error("looking in " + folder_.string() + " for", tag.empty() ? "an image" : tag,
                      tag.empty()                  ? "the layout is empty"
                      : tag.starts_with("sha256:") ? "its index names no such digest"
                                                   : "there is no such tag",
                      tags_of(top));

  for (int depth = 0; !level.empty(); ++depth) {
    if (depth > k_deepest_index)
      throw usage_error("reading the image layout", folder_.string(),
                        "its indexes are nested too deep");
    std::vector<Descriptor> next;
    for (const Descriptor& one : level) {
      if (!fits(one, platform)) continue;
      if (is_manifest(one) && std::none_of(found.begin(), found.end(), [&](const Descriptor& f) {
            return f.digest == one.digest;
          }))
        found.push_back(one);
      if (!is_index(one)) continue;
      const std::string blob = blob_path(one.digest).string();
      const Index inner = parse_index(parse_json(read_blob(one), blob), blob);
      next.insert(next.end(), inner.manifests.begin(), inner.manifests.end());
    }
    level = std::move(next);
  }
  const std::string wanted = platform.os + "/" + platform.architecture;
  if (found.empty())
    throw usage_error("looking in " + folder_.string() + " for", wanted,
                      "no image there is for this platform", tags_of(top));
  if (found.size() > 1 && tag.empty())
    throw usage_error("looking in " + folder_.string() + " for", "the only image",
                      "there are " + std::to_string(found.size()) + " for " + wanted, tags_of(top));
  return found.front();
}

}  // namespace trainyard::oci
