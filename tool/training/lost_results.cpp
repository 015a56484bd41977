#include "training/lost_results.hpp"

#include <unistd.h>

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "store/last_use.hpp"
#include "store/layer_trees.hpp"
#include "training/result_file.hpp"

namespace trainyard::training {

namespace {

constexpr std::string_view k_digest_file = "digest-file:";

void remove_stamp_beside(const fs::path& file) {
  std::error_code ignored;  // a stamp that cannot be removed is no worse than before
  fs::remove(fs::path(file).replace_extension(".stamp"), ignored);
}

oci::Digest digest_in(const fs::path& file, const RunSpec& spec) {
  std::optional<std::string> text = read_file_if_exists(file);
  if (!text)
    throw usage_error("reading the image of " + spec.name, file.string(),
                      "there is no such digest file", "build the image's target first");
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r' || text->back() == ' '))
    text->pop_back();
  return oci::Digest::parse(*text);
}

/// The first blob of an image that the store does not have, and cannot do without.
std::optional<oci::Digest> missing_blob(const store::Store& store, const oci::Digest& digest) {
  if (!store.has_blob(digest)) return digest;
  const std::string where = "manifest " + digest.str();
  const oci::Manifest manifest =
      oci::parse_manifest(parse_json(store.read_blob(digest), where), where);
  if (!store.has_blob(manifest.config.digest)) return manifest.config.digest;
  for (const oci::Descriptor& layer : manifest.layers)
    if (!store.has_blob(layer.digest) && !store::find_tree(store, layer.digest))
      return layer.digest;
  return std::nullopt;
}

/// Damaged content is removed: a run is made anew when it lacks some, and not when it is wrong.
bool is_whole(const store::Store& store, const store::OutputFile& file, LookAt look) {
  const fs::path blob = store.blob(file.digest);
  std::error_code gone;
  const auto size = fs::file_size(blob, gone);
  if (gone) return false;
  const bool whole =
      size == file.size && (look == LookAt::sizes || sha256_hex_of_file(blob) == file.digest.hex());
  if (!whole) ::unlink(blob.c_str());
  return whole;
}

bool has_all_outputs(const store::Store& store, const store::RunRecord& record, LookAt look) {
  for (const store::Output& output : record.outputs)
    for (const store::OutputFile& file : output.files)
      if (!is_whole(store, file, look)) return false;
  return true;
}

}  // namespace

store::Image require_run_image(const store::Store& store, const RunSpec& spec) {
  if (!spec.image.starts_with(k_digest_file)) return store::require_image(store, spec.image);
  const fs::path file = spec.image.substr(k_digest_file.size());
  const oci::Digest digest = digest_in(file, spec);
  store::note_use(store.blob(digest));
  if (const auto missing = missing_blob(store, digest)) {
    remove_stamp_beside(file);
    throw Error("finding the image of " + spec.name, digest.str(),
                "it is gone from the store " + store.root().string() +
                    (*missing == digest ? "" : ": blob " + missing->str() + " is missing"),
                "build again: that makes the image \"" + file.stem().string() + "\" anew");
  }
  return store::load_image(store, digest);
}

store::RunRecord require_finished_run(const store::Store& store, const RunSpec& spec,
                                      const fs::path& result_file, LookAt look) {
  const std::string key = read_result_file(result_file).key;
  store::note_use(store::run_folder(store, key) / "record.json");
  std::optional<store::RunRecord> record = store::find_run(store, key);
  if (record && has_all_outputs(store, *record, look)) return std::move(*record);
  remove_stamp_beside(result_file);
  try {
    require_run_image(store, spec);
  } catch (const Error&) {
    // Its stamp is gone now if it could be; the run's own loss is what there is to tell.
  }
  throw Error("finding the results of", spec.name,
              "run " + key.substr(0, 12) +
                  (record ? " has lost outputs, or they were damaged, in" : " is gone from") +
                  " the store " + store.root().string(),
              "build again: that trains it anew");
}

}  // namespace trainyard::training
