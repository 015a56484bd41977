#include "report/provenance.hpp"

#include <set>

#include "base/error.hpp"
#include "store/run_records.hpp"
#include "training/run_origin.hpp"
#include "training/run_plan.hpp"

namespace trainyard::report {

namespace {

Json outputs_of(const store::RunRecord& record) {
  Json outputs = Json::array();
  for (const store::Output& output : record.outputs) {
    Json files = Json::array();
    for (const store::OutputFile& file : output.files) {
      Json row = {{"path", file.path},
                  {"digest", file.digest.str()},
                  {"size", file.size},
                  {"mode", file.mode}};
      if (!file.link.empty()) row["link"] = file.link;
      files.push_back(std::move(row));
    }
    outputs.push_back({{"key", output.key},
                       {"path", output.path},
                       {"folder", output.folder},
                       {"files", std::move(files)}});
  }
  return outputs;
}

/// What spec.json says of the inputs' files counts when it has the digest that the record has.
std::optional<training::RunPlan> plan_of(const store::Store& store, const std::string& key) {
  const auto text = read_file_if_exists(store::run_folder(store, key) / "spec.json");
  if (!text) return std::nullopt;
  try {
    return training::parse_run_plan(Json::parse(*text));
  } catch (const Json::exception&) {
  } catch (const Error&) {
  }
  return std::nullopt;
}

Json files_of(const training::InputSnapshot& snapshot) {
  Json files = Json::array();
  for (const training::InputEntry& entry : snapshot.entries) {
    if (entry.kind == training::InputEntry::Kind::folder) continue;
    Json file = {{"path", entry.path}};
    if (entry.kind == training::InputEntry::Kind::link)
      file["link"] = entry.content;
    else
      file["digest"] = "sha256:" + entry.content;
    files.push_back(std::move(file));
  }
  return files;
}

Json inputs_of(const store::RunRecord& record, const std::optional<training::RunPlan>& plan,
               const Json& origin) {
  Json inputs = Json::array();
  const Json noted = origin.value("inputs", Json::object());
  const Json digests = record.spec.value("inputs", Json::object());
  for (const auto& [place, digest] : digests.items()) {
    Json input = {{"place", place}, {"content", digest}};
    if (plan)
      for (const training::PlannedInput& planned : plan->inputs)
        if (planned.place == place && planned.snapshot.digest() == digest) {
          input["source"] = planned.snapshot.source.string();
          input["folder"] = planned.snapshot.is_folder();
          input["files"] = files_of(planned.snapshot);
        }
    // A file that was made for the command: its content is its SHA-256.
    if (plan)
      for (const training::PlannedText& text : plan->texts)
        if (text.place == place) {
          input["folder"] = false;
          input["files"] =
              Json::array({Json{{"path", ""}, {"digest", "sha256:" + digest.get<std::string>()}}});
        }
    if (noted.contains(place)) input.update(noted.at(place));
    inputs.push_back(std::move(input));
  }
  return inputs;
}

}  // namespace

std::string run_uri(const std::string& key) {
  return "urn:trainyard:run:" + key;
}

Json provenance_of(const store::Store& store, const std::string& key) {
  const auto record = store::find_run(store, key);
  if (!record)
    throw usage_error("looking up where run", key.substr(0, 12) + " comes from",
                      "it has not ended well, or its record is gone",
                      "trainyard runs lists the finished ones");
  const Json origin = training::find_origin(store, key).value_or(Json::object());
  Json image = origin.value("image", Json());
  if (!image.is_object()) image = training::describe_run_image(store, record->image);
  image["digest"] = record->image.str();
  const Json& spec = record->spec;
  return {{"schema", 1},
          {"run", record->key},
          {"target", record->target},
          {"tool", origin.value("tool", Json())},
          {"started", origin.value("started", Json())},
          {"finished", record->finished},
          {"seconds", record->seconds},
          {"command", spec.value("argv", Json::array())},
          {"environment", spec.value("environment", Json::array())},
          {"parameters", spec.value("parameters", Json::object())},
          {"working_directory", spec.value("working_directory", "")},
          {"network", spec.value("network", "")},
          {"identity", spec},
          {"metrics", record->metrics},
          {"ancestor", record->ancestor},
          {"resumed", record->resumed},
          {"outputs", outputs_of(*record)},
          {"inputs", inputs_of(*record, plan_of(store, key), origin)},
          {"image", std::move(image)},
          {"source", origin.value("source", Json())},
          {"machine", origin.value("machine", Json())}};
}

std::vector<std::string> runs_before(const Json& provenance) {
  std::set<std::string> keys;
  for (const Json& input : provenance.at("inputs"))
    if (input.contains("run")) keys.insert(input.at("run").get<std::string>());
  if (const std::string ancestor = provenance.at("ancestor"); !ancestor.empty())
    keys.insert(ancestor);
  return {keys.begin(), keys.end()};
}

}  // namespace trainyard::report
