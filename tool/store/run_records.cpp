#include "store/run_records.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/error.hpp"
#include "store/folder_entries.hpp"
#include "store/record_path.hpp"
#include "store/sealed.hpp"

namespace trainyard::store {

namespace {

Json to_json(const OutputFile& file) {
  Json json{
      {"path", file.path}, {"digest", file.digest.str()}, {"size", file.size}, {"mode", file.mode}};
  if (!file.link.empty()) json["link"] = file.link;
  return json;
}

Json to_json(const Output& output) {
  Json files = Json::array();
  for (const OutputFile& file : output.files) files.push_back(to_json(file));
  return {{"key", output.key},
          {"path", output.path},
          {"folder", output.folder},
          {"files", std::move(files)}};
}

OutputFile parse_file(const Json& json) {
  return {json.at("path").get<std::string>(),
          oci::Digest::parse(json.at("digest").get_ref<const std::string&>()),
          json.at("size").get<uint64_t>(), json.at("mode").get<unsigned>(),
          json.value("link", std::string())};
}

Output parse_output(const Json& json) {
  Output output{json.at("key").get<std::string>(),
                json.at("path").get<std::string>(),
                json.at("folder").get<bool>(),
                {}};
  for (const Json& file : json.at("files")) output.files.push_back(parse_file(file));
  return output;
}

Json to_json(const RunRecord& record) {
  Json outputs = Json::array();
  for (const Output& output : record.outputs) outputs.push_back(to_json(output));
  Json json = {
      {"key", record.key},         {"target", record.target},       {"image", record.image.str()},
      {"spec", record.spec},       {"outputs", std::move(outputs)}, {"metrics", record.metrics},
      {"seconds", record.seconds}, {"finished", record.finished}};
  if (!record.ancestor.empty()) json["ancestor"] = record.ancestor;
  if (record.resumed) json["resumed"] = true;
  if (!record.plots.empty()) json["plots"] = record.plots;
  return json;
}

/// JSON has no number for these; they are what a diverged training reports, so they are kept as
/// text.
double parse_metric(const Json& json) {
  return json.is_string() ? std::strtod(json.get_ref<const std::string&>().c_str(), nullptr)
                          : json.get<double>();
}

RunRecord parse_run(const Json& json) {
  RunRecord record{.key = json.at("key").get<std::string>(),
                   .target = json.at("target").get<std::string>(),
                   .image = oci::Digest::parse(json.at("image").get_ref<const std::string&>()),
                   .spec = json.at("spec"),
                   .outputs = {},
                   .metrics = {},
                   .seconds = json.at("seconds").get<double>(),
                   .finished = json.at("finished").get<std::string>(),
                   .ancestor = json.value("ancestor", std::string()),
                   .resumed = json.value("resumed", false),
                   .plots = json.value("plots", std::vector<std::string>())};
  for (const Json& output : json.at("outputs")) record.outputs.push_back(parse_output(output));
  record.undeclared = json.value("undeclared", std::vector<std::string>());
  for (const auto& [name, value] : json.at("metrics").items())
    record.metrics[name] = parse_metric(value);
  return record;
}

std::vector<fs::path> folders_in(const fs::path& folder) {
  std::vector<fs::path> folders;
  std::error_code ignored;
  for (const auto& entry : folder_entries(folder))
    if (entry.is_directory(ignored)) folders.push_back(entry.path());
  return folders;
}

}  // namespace

fs::path run_folder(const Store& store, const std::string& key) {
  return record_path(store.runs(), key, "");
}

std::optional<RunRecord> find_run(const Store& store, const std::string& key) {
  const auto text = read_file_if_exists(run_folder(store, key) / "record.json");
  const auto json = text ? unseal(*text) : std::nullopt;
  if (!json) return std::nullopt;
  try {
    RunRecord record = parse_run(*json);
    if (record.key != key) return std::nullopt;
    return record;
  } catch (const Json::exception&) {
    return std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void put_run(const Store& store, const RunRecord& record) {
  const fs::path folder = run_folder(store, record.key);
  make_directories(folder, 0700);
  Json json = to_json(record);
  if (!record.undeclared.empty()) json["undeclared"] = record.undeclared;
  for (auto& [name, value] : record.metrics)
    if (!std::isfinite(value))
      json["metrics"][name] = std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
  write_file_atomic(folder / "record.json", seal(json), Durability::dear);
  // The folders may be as new as the record.
  sync_directory(folder.parent_path());
  sync_directory(store.runs());
}

std::vector<std::string> list_runs(const Store& store) {
  std::vector<std::pair<std::string, std::string>> runs;  // finished, key
  for (const fs::path& group : folders_in(store.runs()))
    for (const fs::path& folder : folders_in(group)) {
      const std::string key = folder.filename().string();
      if (!is_key(key)) continue;
      if (const auto record = find_run(store, key)) runs.emplace_back(record->finished, key);
    }
  std::sort(runs.rbegin(), runs.rend());
  std::vector<std::string> keys;
  for (auto& [finished, key] : runs) keys.push_back(std::move(key));
  return keys;
}

oci::Digest result_digest(const RunRecord& record) {
  // Sorted by name: the digest is of what there is, not of the order in which somebody found it.
  Json outputs = Json::object();
  for (const Output& output : record.outputs) {
    Json files = Json::object();
    for (const OutputFile& file : output.files)
      files[file.path] = {{"digest", file.digest.str()}, {"mode", file.mode}, {"link", file.link}};
    outputs[output.key] = {
        {"path", output.path}, {"folder", output.folder}, {"files", std::move(files)}};
  }
  return oci::Digest::of(canonical_json(outputs));
}

}  // namespace trainyard::store
