#include "build/base_images.hpp"

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "oci/image_layout.hpp"
#include "store/images.hpp"
#include "store/last_use.hpp"
#include "store/layer_trees.hpp"

namespace trainyard::build {

namespace {

store::Image image_called(const store::Store& store, const std::string& reference) {
  if (auto image = store::find_image(store, reference)) return std::move(*image);
  try {
    return store::require_image(store, reference);
  } catch (const Error& error) {
    if (error.hint().starts_with("did you mean")) throw;
    throw Error(error).with_hint(
        "registries are not spoken to: bring it in with trainyard import, name an OCI layout with "
        "CONTEXTS (--build-context) NAME=oci:FOLDER[:TAG], or make a base with add_training_base");
  }
}

bool names_digest(const std::string& reference) {
  return reference.find("sha256:") != std::string::npos;
}

/// The image of another target, by its digest file. Where the store has lost it, the stamp beside
/// the file goes: a build graph sees its own files alone, and makes the image anew then.
store::Image image_of_file(const store::Store& store, const ContextSource& source) {
  if (store.has_blob(oci::Digest::parse(source.reference)))
    if (auto image = store::find_image(store, source.reference)) return std::move(*image);
  std::error_code ignored;
  fs::remove(fs::path(source.folder).replace_extension(".stamp"), ignored);
  throw usage_error("finding image", source.reference,
                    "it is gone from the store " + store.root().string(),
                    "build again: that makes \"" + source.folder.stem().string() + "\" anew");
}

}  // namespace

BaseImages::BaseImages(const store::Store& store, JobRunner& runner)
    : store_(store), runner_(runner) {}

std::shared_ptr<const BaseImage> BaseImages::find(const std::string& name,
                                                  const oci::Platform& platform) {
  if (name.starts_with("oci:") || name.starts_with("digest-file:"))
    return find(name, parse_context_source(name), platform);
  ContextSource source;
  source.kind = ContextSource::Kind::image;
  source.reference = name;
  return find(name, source, platform);
}

std::shared_ptr<const BaseImage> BaseImages::find(const std::string& name,
                                                  const ContextSource& source,
                                                  const oci::Platform& platform) {
  const std::string key = name + " " + oci::to_text(platform);
  if (const auto it = known_.find(key); it != known_.end()) return it->second;
  auto image = source.kind == ContextSource::Kind::layout ? from_layout(name, source, platform)
                                                          : from_store(name, source);
  const oci::Platform& has = image->config.platform;
  if (!has.architecture.empty() &&
      (has.os != platform.os || has.architecture != platform.architecture))
    throw usage_error("finding image", name,
                      "it is for " + oci::to_text(has) + ", not for " + oci::to_text(platform),
                      "name one for that platform: an OCI layout can hold several");
  known_[key] = image;
  return image;
}

std::shared_ptr<const BaseImage> BaseImages::from_store(const std::string& name,
                                                        const ContextSource& source) {
  const store::Image found = source.folder.empty() ? image_called(store_, source.reference)
                                                   : image_of_file(store_, source);
  auto image = std::make_shared<BaseImage>();
  image->name = name;
  image->reference =
      source.folder.empty() ? source.reference : "digest-file:" + source.folder.string();
  image->digest = found.digest;
  image->pinned = !source.folder.empty() || names_digest(source.reference);
  image->config = found.config;
  if (found.config.diff_ids.size() != found.manifest.layers.size())
    throw Error("reading image", name, "its manifest and its configuration disagree on its layers",
                "import it again");
  for (size_t i = 0; i < found.config.diff_ids.size(); ++i)
    image->layers.push_back({found.config.diff_ids[i], found.manifest.layers[i].size});
  return image;
}

std::shared_ptr<const BaseImage> BaseImages::from_layout(const std::string& name,
                                                         const ContextSource& source,
                                                         const oci::Platform& platform) {
  const oci::ImageLayout layout(source.folder);
  const oci::Descriptor descriptor = layout.find(source.reference, platform);
  const oci::Manifest manifest = layout.manifest(descriptor);
  auto image = std::make_shared<BaseImage>();
  image->name = name;
  image->reference =
      "oci:" + source.folder.string() + (source.reference.empty() ? "" : ":" + source.reference);
  image->digest = descriptor.digest;
  image->pinned = names_digest(source.reference);
  image->config = layout.config(manifest);
  const auto& diff_ids = image->config.diff_ids;
  if (diff_ids.size() != manifest.layers.size())
    throw Error("reading image", name, "its manifest and its configuration disagree on its layers");
  for (size_t i = 0; i < diff_ids.size(); ++i) {
    store::note_use(store_.blob(diff_ids[i]));
    std::error_code missing;
    const uint64_t size = fs::file_size(store_.blob(diff_ids[i]), missing);
    const oci::Descriptor& layer = manifest.layers[i];
    // A size alone proves nothing: the layout may lie about it.
    const bool cut = !missing && layer.digest == diff_ids[i] && size != layer.size &&
                     sha256_hex_of_file(store_.blob(diff_ids[i])) != diff_ids[i].hex();
    if (cut) fs::remove(store_.blob(diff_ids[i]), missing);  // the layout has the whole one
    if (!missing && !cut) {
      image->layers.push_back({diff_ids[i], size});
      continue;
    }
    const fs::path blob = layout.layer(layer);
    const oci::LayerTar taken = store::take_layer(store_, runner_, blob, diff_ids[i]);
    image->layers.push_back({taken.diff_id, taken.size});
  }
  return image;
}

}  // namespace trainyard::build
