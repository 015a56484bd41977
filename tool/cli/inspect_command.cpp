#include <cstdio>

#include "base/json.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/find_by_name.hpp"
#include "store/roots.hpp"
#include "store/run_records.hpp"

namespace trainyard::cli {

namespace {

Json describe_image(const store::Store& store, const store::Image& image) {
  std::vector<std::string> tags;
  for (const store::TaggedImage& entry : store::list_images(store))
    if (entry.image.digest == image.digest) tags = entry.tags;
  Json layers = Json::array();
  for (size_t i = 0; i < image.config.diff_ids.size(); ++i)
    layers.push_back(
        {{"diff_id", image.config.diff_ids[i].str()}, {"size", image.manifest.layers[i].size}});
  return {{"kind", "image"},  {"digest", image.digest.str()},
          {"tags", tags},     {"size", image.size},
          {"layers", layers}, {"config", oci::to_json(image.config)}};
}

Json describe_run(const store::Store& store, const std::string& key) {
  Json json{
      {"kind", "run"}, {"key", key}, {"log", (store::run_folder(store, key) / "log").string()}};
  const auto record = store::find_run(store, key);
  json["finished"] = record.has_value();
  if (!record) return json;
  Json outputs = Json::array();
  for (const store::Output& output : record->outputs) {
    Json files = Json::array();
    for (const store::OutputFile& file : output.files)
      files.push_back({{"path", file.path}, {"digest", file.digest.str()}, {"size", file.size}});
    outputs.push_back({{"key", output.key}, {"path", output.path}, {"files", files}});
  }
  json.update({{"target", record->target},
               {"image", record->image.str()},
               {"inputs", record->spec},
               {"outputs", outputs},
               {"metrics", record->metrics},
               {"plots", record->plots},
               {"seconds", record->seconds},
               {"finished_at", record->finished},
               {"resumed", record->resumed}});
  if (!record->ancestor.empty()) json["ancestor"] = record->ancestor;
  return json;
}

}  // namespace

int inspect_command(const std::vector<std::string>& words) {
  CLI::App app("Prints all that is known of an image or a run as JSON.", "inspect");
  std::string name;
  bool json = false;
  app.add_option("name", name, "An image's tag, digest or target; a run's target, key or output")
      ->required()
      ->type_name("IMAGE|RUN");
  app.add_flag("--json", json, "As JSON: what is always done");
  const StoreArguments store_arguments(app, StoreArguments::Engine::without);
  if (!parse(app, words)) return 0;

  const store::Store store = store_arguments.open_store();
  const auto run = store::find_root(store, store::TargetKind::run, name);
  const auto image = run ? std::nullopt : find_named_image(store, name);
  const Json description = run     ? describe_run(store, run->value)
                           : image ? describe_image(store, *image)
                                   : describe_run(store, store::require_run_key(store, name));
  std::printf("%s\n", dump_json(description, 2).c_str());
  return 0;
}

}  // namespace trainyard::cli
