#include <algorithm>

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "store/check_pass.hpp"
#include "store/folder_entries.hpp"
#include "store/image_index.hpp"
#include "store/images.hpp"
#include "store/layer_trees.hpp"

namespace trainyard::store {

namespace {

constexpr uintmax_t k_largest_manifest = 4 << 20;

/// Every manifest among the blobs that can be read with its configuration, as an index without
/// tags.
oci::Index index_of_blobs(const Store& store) {
  oci::Index index;
  std::error_code gone;
  for (const auto& entry : folder_entries(store.root() / "blobs/sha256")) {
    const std::string name = entry.path().filename().string();
    if (name.size() != 64 || entry.file_size(gone) > k_largest_manifest || gone) continue;
    try {
      const Image image = load_image(store, oci::Digest::from_hex(name));
      oci::Descriptor manifest;
      manifest.media_type = oci::media_type::manifest;
      manifest.digest = image.digest;
      manifest.size = entry.file_size();
      manifest.platform = image.config.platform;
      index.manifests.push_back(std::move(manifest));
    } catch (const Error&) {
      continue;  // another kind of blob
    }
  }
  return index;
}

std::string write_index_again(const Store& store) {
  size_t images = 0;
  const auto aside = replace_damaged_index(store, [&] {
    oci::Index found = index_of_blobs(store);
    images = found.manifests.size();
    return found;
  });
  if (!aside) return "mended by somebody else in the meantime";
  return "written again with the " + std::to_string(images) +
         " images whose manifests are there; their tags come back when they are built or imported "
         "again. The damaged file is " +
         aside->string();
}

std::string drop_from_index(const Store& store, const oci::Digest& digest) {
  update_index(store, [&](oci::Index& index) {
    std::erase_if(index.manifests,
                  [&](const oci::Descriptor& entry) { return entry.digest == digest; });
  });
  return "taken off the list of images: build or import it again";
}

std::string name_of(const oci::Descriptor& entry) {
  const std::string tag = tag_of(entry);
  return "image " + (tag.empty() ? entry.digest.str() : tag + " (" + entry.digest.brief() + ")");
}

/// What could not be read for a moment, or cannot be read now, is no reason to lose tags.
bool may_be_whole(const Store& store, const oci::Digest& digest) {
  try {
    load_image(store, digest);
    return true;
  } catch (const Error&) {
  }
  try {
    sha256_hex_of_file(store.blob(digest));
    return false;
  } catch (const Error&) {
    return !is_gone(store.blob(digest));
  }
}

/// A blob that an earlier check took away, because its tree could not be read then, say.
std::string write_layer_again(CheckPass& pass, const oci::Digest& digest) {
  return rewrite_layer(pass.store, pass.runner, digest)
             ? "written again from its layer tree"
             : "its layer tree does not make it: build or import the image again";
}

void check_layers(CheckPass& pass, const std::string& name, const Image& image) {
  std::string lost;
  for (const oci::Descriptor& layer : image.manifest.layers) {
    const bool there = pass.store.has_blob(layer.digest);
    if (there && !pass.lost.contains(layer.digest)) continue;
    if (!there && find_tree(pass.store, layer.digest)) {
      pass.found(
          name, "its layer " + layer.digest.str() + " is missing",
          [&] { return write_layer_again(pass, layer.digest); },
          "call check without --dry-run to write it again from its layer tree");
      continue;
    }
    lost += (lost.empty() ? "" : ", ") + layer.digest.str();
  }
  if (!lost.empty())
    pass.found(name, "its layers are missing or damaged: " + lost,
               "build or import it again, or remove it with rmi");
}

}  // namespace

void check_images(CheckPass& pass) {
  oci::Index index;
  try {
    index = read_index(pass.store);
  } catch (const Error& error) {
    pass.found(
        "index.json", error.cause(), [&] { return write_index_again(pass.store); },
        "call check without --dry-run to write it again");
    if (pass.mending == Mending::no) return;
    index = read_index(pass.store);
  }
  std::set<oci::Digest> seen;
  for (const oci::Descriptor& entry : index.manifests) {
    if (!seen.insert(entry.digest).second) continue;
    ++pass.report.images;
    const std::string name = name_of(entry);
    try {
      check_layers(pass, name, load_image(pass.store, entry.digest));
    } catch (const Error& error) {
      // rmi may have gone by.
      if (const oci::Index now = read_index(pass.store);
          std::none_of(now.manifests.begin(), now.manifests.end(),
                       [&](const auto& other) { return other.digest == entry.digest; }))
        continue;
      if (may_be_whole(pass.store, entry.digest)) {
        pass.found(name, error.subject() + ": " + error.cause(),
                   "left on the list: call check again");
        continue;
      }
      pass.found(
          name, error.subject() + ": " + error.cause(),
          [&] { return drop_from_index(pass.store, entry.digest); },
          "remove it with rmi, and build or import it again");
    }
  }
}

}  // namespace trainyard::store
