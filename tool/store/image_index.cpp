#include "store/image_index.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/lock_file.hpp"

namespace trainyard::store {

namespace {

fs::path index_path(const Store& store) {
  return store.root() / "index.json";
}

bool lists(const oci::Index& index, const oci::Digest& digest) {
  return std::any_of(index.manifests.begin(), index.manifests.end(),
                     [&](const oci::Descriptor& entry) { return entry.digest == digest; });
}

void drop_untagged(oci::Index& index, const oci::Digest& digest) {
  std::erase_if(index.manifests, [&](const oci::Descriptor& entry) {
    return entry.digest == digest && tag_of(entry).empty();
  });
}

}  // namespace

oci::Index read_index(const Store& store) {
  const fs::path path = index_path(store);
  const auto text = read_file_if_exists(path);
  if (!text) return {};
  try {
    return oci::parse_index(parse_json(*text, path.string()), path.string());
  } catch (const Error& error) {
    throw Error("reading", path.string(),
                "the store's list of images is damaged (" + error.cause() + ")",
                "move this file away: the next build of each image lists it again, with its tags; "
                "no layer and no "
                "result of a training is lost");
  }
}

std::optional<fs::path> replace_damaged_index(const Store& store,
                                              const std::function<oci::Index()>& make) {
  const LockFile lock = LockFile::acquire(store.root() / "index.lock");
  try {
    read_index(store);
    return std::nullopt;
  } catch (const Error&) {
    const fs::path aside = store.root() / (".damaged-index-" + random_name(6) + ".json");
    write_file_atomic(aside, read_file(index_path(store)), Durability::dear);
    write_file_atomic(index_path(store), dump_json(oci::to_json(make())), Durability::dear);
    return aside;
  }
}

void update_index(const Store& store, const std::function<void(oci::Index&)>& change) {
  const LockFile lock = LockFile::acquire(store.root() / "index.lock");
  oci::Index index = read_index(store);
  const Json before = oci::to_json(index);
  change(index);
  const Json after = oci::to_json(index);
  if (after == before) return;
  write_file_atomic(index_path(store), dump_json(after), Durability::dear);
}

std::string tag_of(const oci::Descriptor& entry) {
  const auto name = entry.annotations.find(oci::k_ref_name);
  return name == entry.annotations.end() ? "" : name->second;
}

void drop_tag(oci::Index& index, const std::string& tag) {
  const auto entry =
      std::find_if(index.manifests.begin(), index.manifests.end(),
                   [&](const oci::Descriptor& other) { return tag_of(other) == tag; });
  if (tag.empty() || entry == index.manifests.end()) return;
  oci::Descriptor untagged = *entry;
  untagged.annotations.erase(oci::k_ref_name);
  index.manifests.erase(entry);
  if (!lists(index, untagged.digest)) index.manifests.push_back(std::move(untagged));
}

void list_image(oci::Index& index, const oci::Descriptor& manifest,
                const std::vector<std::string>& tags) {
  for (const std::string& tag : tags) {
    const auto here = std::find_if(index.manifests.begin(), index.manifests.end(),
                                   [&](const oci::Descriptor& entry) {
                                     return entry.digest == manifest.digest && tag_of(entry) == tag;
                                   });
    if (here != index.manifests.end()) continue;
    drop_tag(index, tag);
    drop_untagged(index, manifest.digest);
    oci::Descriptor entry = manifest;
    entry.annotations[oci::k_ref_name] = tag;
    index.manifests.push_back(std::move(entry));
  }
  if (!lists(index, manifest.digest)) index.manifests.push_back(manifest);
}

}  // namespace trainyard::store
