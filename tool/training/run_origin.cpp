#include "training/run_origin.hpp"

#include <set>

#include "base/error.hpp"
#include "store/image_origin.hpp"
#include "store/images.hpp"
#include "store/roots.hpp"
#include "store/run_records.hpp"
#include "store/sealed.hpp"
#include "training/machine.hpp"
#include "training/source_state.hpp"

namespace trainyard::training {

namespace {

constexpr int k_deepest = 16;  ///< bases of bases

/// With what is known of the images below. Those that gc took are named by their digest alone.
Json describe_image(const store::Store& store, const oci::Digest& digest, int depth) {
  Json json = store::find_image_origin(store, digest).value_or(Json::object());
  if (const auto image = store::find_image(store, digest.str())) {
    json["config"] = image->manifest.config.digest.str();
    Json layers = Json::array();
    for (const oci::Descriptor& layer : image->manifest.layers)
      layers.push_back({{"digest", layer.digest.str()}, {"size", layer.size}});
    json["layers"] = std::move(layers);
  }
  if (depth == 0 || !json.contains("bases")) return json;
  for (Json& base : json["bases"])
    if (base.at("digest").is_string())
      base.update(describe_image(store, oci::Digest::parse(base.at("digest").get<std::string>()),
                                 depth - 1));
  return json;
}

/// Whether the run made exactly these bytes: those of one output, or of a file in it.
bool made(const store::RunRecord& record, const InputSnapshot& snapshot) {
  std::set<std::string> contents;
  for (const store::Output& output : record.outputs)
    for (const store::OutputFile& file : output.files) contents.insert(file.digest.hex());
  for (const InputEntry& entry : snapshot.entries)
    if (entry.kind == InputEntry::Kind::file && !contents.contains(entry.content)) return false;
  return true;
}

/// The run whose output in a build tree the input is.
std::string maker_of(const store::Store& store, const std::vector<store::RootedTarget>& roots,
                     const InputSnapshot& snapshot) {
  for (const store::RootedTarget& root : roots) {
    if (root.kind != store::TargetKind::run) continue;
    for (const fs::path& output : root.outputs) {
      if (!lies_within(snapshot.source, output)) continue;
      const auto record = store::find_run(store, root.value);
      if (record && made(*record, snapshot)) return root.value;
    }
  }
  return {};
}

Json describe_inputs(const store::Store& store, const RunSpec& spec, const RunPlan& plan) {
  const std::vector<store::RootedTarget> roots = store::list_roots(store);
  Json inputs = Json::object();
  for (const PlannedInput& input : plan.inputs) {
    const fs::path& source = input.snapshot.source;
    Json json = Json::object();
    for (const fs::path& folder : {spec.binary_dir, spec.source_dir})
      if (!json.contains("path") && lies_within(source, folder))
        json["path"] = source.lexically_relative(folder).string();
    if (const std::string run = maker_of(store, roots, input.snapshot); !run.empty())
      json["run"] = run;
    inputs[input.place] = std::move(json);
  }
  return inputs;
}

fs::path origin_file(const store::Store& store, const std::string& key) {
  return store::run_folder(store, key) / "origin.json";
}

}  // namespace

Json describe_run_image(const store::Store& store, const oci::Digest& digest) {
  return describe_image(store, digest, k_deepest);
}

Json gather_origin(const store::Store& store, const RunSpec& spec, const RunPlan& plan) {
  Json image = describe_run_image(store, plan.image);
  image["name"] =
      spec.image.starts_with("digest-file:") ? fs::path(spec.image).stem().string() : spec.image;
  const Json origin = {{"tool", TRAINYARD_VERSION},
                       {"source", describe_source(spec.source_dir, spec.build_dir)},
                       {"machine", describe_machine()},
                       {"image", std::move(image)},
                       {"inputs", describe_inputs(store, spec, plan)}};
  return Json::parse(dump_json(origin));  // names of files need not be UTF-8, and a record must
}

void put_origin(const store::Store& store, const std::string& key, const Json& origin) {
  write_file_atomic(origin_file(store, key), store::seal(origin), Durability::dear);
}

std::optional<Json> find_origin(const store::Store& store, const std::string& key) {
  const auto text = read_file_if_exists(origin_file(store, key));
  auto json = text ? store::unseal(*text) : std::nullopt;
  if (!json || !json->is_object()) return std::nullopt;
  return json;
}

}  // namespace trainyard::training
