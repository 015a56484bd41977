#include "store/step_records.hpp"

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "store/folder_entries.hpp"
#include "store/last_use.hpp"
#include "store/record_path.hpp"
#include "store/sealed.hpp"
#include "store/sync_state.hpp"

namespace trainyard::store {

namespace {

fs::path step_path(const Store& store, const std::string& key) {
  return record_path(store.steps(), key, ".json");
}

Json to_json(const StepRecord& record, const Birth& birth) {
  Json json = {{"diff_id", record.diff_id ? Json(record.diff_id->str()) : Json(nullptr)},
               {"size", record.size},
               {"inputs", record.inputs},
               {"text", record.text},
               {"seconds", record.seconds},
               {"boot_id", birth.boot_id},
               {"since_boot", birth.since_boot},
               {"synced", record.synced}};
  if (record.changed > 0) json["changed"] = record.changed;
  if (record.moved > 0) json["moved"] = record.moved;
  return json;
}

struct Kept {
  StepRecord record;
  Birth birth;
};

/// Nothing when a member is missing or of another type: a record of another version of the tool.
std::optional<Kept> parse_record(const Json& json) {
  try {
    Kept kept;
    if (const Json& diff_id = json.at("diff_id"); !diff_id.is_null())
      kept.record.diff_id = oci::Digest::parse(diff_id.get_ref<const std::string&>());
    kept.record.size = json.at("size").get<uint64_t>();
    kept.record.inputs = json.at("inputs");
    kept.record.text = json.at("text").get<std::string>();
    kept.record.seconds = json.at("seconds").get<double>();
    kept.record.boot_id = json.at("boot_id").get<std::string>();
    kept.record.changed = json.value("changed", uint64_t{0});
    kept.record.moved = json.value("moved", uint64_t{0});
    kept.record.synced = json.at("synced").get<bool>();
    kept.birth = {kept.record.boot_id, json.at("since_boot").get<int64_t>()};
    return kept;
  } catch (const Json::exception&) {
    return std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// Whether the layer that the record names is on the disk as it was made.
bool is_blob_whole(const Store& store, const StepRecord& record) {
  if (!record.diff_id) return true;
  try {
    return sha256_hex_of_file(store.blob(*record.diff_id)) == record.diff_id->hex();
  } catch (const Error&) {
    return false;
  }
}

/// steps/<two characters>/ holds records, steps/<longer name>/ facts of that kind.
bool is_kind_of_fact(const fs::directory_entry& entry) {
  return entry.path().filename().native().size() > 2;
}

void write_record(const Store& store, const std::string& key, const StepRecord& record,
                  const Birth& birth) {
  write_file_atomic(step_path(store, key), seal(to_json(record, birth)));
}

}  // namespace

std::optional<StepRecord> find_step(const Store& store, const std::string& key) {
  const fs::path path = step_path(store, key);
  if (!note_use(path)) return std::nullopt;
  const auto text = read_file_if_exists(path);
  const auto json = text ? unseal(*text) : std::nullopt;
  auto kept = json ? parse_record(*json) : std::nullopt;
  if (!kept) return std::nullopt;
  StepRecord& record = kept->record;
  if (record.synced || is_trusted(store, kept->birth)) return std::move(record);
  if (!is_blob_whole(store, record)) return std::nullopt;
  // Read back from the disk in another boot: it will not get any less durable.
  record.synced = true;
  write_record(store, key, record, kept->birth);
  return std::move(record);
}

void put_step(const Store& store, const std::string& key, const StepRecord& record) {
  Birth birth = Birth::now();
  if (!record.boot_id.empty()) birth.boot_id = record.boot_id;
  mark_unsynced(store);
  write_record(store, key, record, birth);
}

std::vector<KeptStep> list_steps(const Store& store) {
  std::vector<KeptStep> steps;
  for (const auto& group : folder_entries(store.steps())) {
    if (is_kind_of_fact(group)) continue;
    for (const auto& entry : folder_entries(group.path())) {
      const auto text = read_file_if_exists(entry.path());
      if (!text) continue;
      const auto json = unseal(*text);
      auto kept = json ? parse_record(*json) : std::nullopt;
      steps.push_back({entry.path(), kept ? std::optional(std::move(kept->record)) : std::nullopt});
    }
  }
  return steps;
}

std::vector<std::pair<fs::path, bool>> list_facts(const Store& store) {
  std::vector<std::pair<fs::path, bool>> facts;
  for (const auto& kind : folder_entries(store.steps())) {
    if (!is_kind_of_fact(kind)) continue;
    for (const auto& group : folder_entries(kind.path()))
      for (const auto& entry : folder_entries(group.path()))
        if (const auto text = read_file_if_exists(entry.path()))
          facts.emplace_back(entry.path(), unseal(*text).has_value());
  }
  return facts;
}

std::optional<std::string> find_fact(const Store& store, const std::string& kind,
                                     const std::string& key) {
  const fs::path path = record_path(store.steps() / kind, key, "");
  if (!note_use(path)) return std::nullopt;
  const auto text = read_file_if_exists(path);
  const auto json = text ? unseal(*text) : std::nullopt;
  if (!json || !json->is_string()) return std::nullopt;
  return json->get<std::string>();
}

void put_fact(const Store& store, const std::string& kind, const std::string& key,
              const std::string& value) {
  write_file_atomic(record_path(store.steps() / kind, key, ""), seal(value));
}

void sync_steps(const Store& store) {
  sync_store(store);
}

}  // namespace trainyard::store
