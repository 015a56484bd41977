#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/job.hpp"
#include "oci/image_config.hpp"
#include "oci/manifest.hpp"
#include "oci/reference.hpp"
#include "store/store.hpp"

namespace trainyard::store {

/// An image of the store, by its manifest's digest.
struct Image {
  oci::Digest digest;
  oci::Manifest manifest;
  oci::ImageConfig config;
  uint64_t size = 0;  ///< bytes of its layers
};

/// Writes config and manifest blobs and the entry in index.json; `layers` are the blobs' sizes in
/// the order of config.diff_ids (layers are stored uncompressed, so a blob's digest is its
/// diff-id). Tags move to it. All of it is on the disk, layers too, before it stands in index.json.
Image put_image(const Store& store, const oci::ImageConfig& config,
                const std::vector<uint64_t>& layer_sizes, const std::vector<oci::Reference>& tags);

Image load_image(const Store& store, const oci::Digest& digest);
/// By tag, "name@digest", a digest's prefix of at least 6 digits, or "sha256:…". Nothing when
/// unknown; throws a usage error when a prefix is ambiguous.
std::optional<Image> find_image(const Store& store, const std::string& name);
/// As find_image, but an unknown name is an Error whose hint lists near tags.
Image require_image(const Store& store, const std::string& name);

struct TaggedImage {
  std::vector<std::string> tags;
  Image image;
};
/// All that index.json lists, the one listed last at the end. One whose manifest or config is
/// damaged is left out: require_image by its digest says what is wrong with it.
std::vector<TaggedImage> list_images(const Store& store);

void tag_image(const Store& store, const oci::Digest& digest, const oci::Reference& tag);
/// Takes the tag off, or with a digest the image with all its tags; removes the blobs and trees
/// that no other image in index.json uses. Returns what it said no to or removed, a line each, for
/// people.
std::vector<std::string> remove_image(const Store& store, JobRunner& runner,
                                      const std::string& name);

}  // namespace trainyard::store
