#include "training/rerun_reason.hpp"

#include <algorithm>
#include <map>

#include "base/terminal.hpp"
#include "store/run_records.hpp"
#include "training/checkpoints.hpp"
#include "training/run_plan.hpp"

namespace trainyard::training {

namespace {

constexpr size_t k_shown = 60;

std::string shown(const Json& value) {
  std::string text = printable_line(value.is_string() ? value.get<std::string>() : value.dump());
  if (text.size() > k_shown) text = text.substr(0, k_shown) + "...";
  return "\"" + text + "\"";
}

/// The first member of two objects that differs: "parameter rate was …, is …".
std::string changed_member(const std::string& what, const Json& before, const Json& now) {
  for (const auto& [name, value] : now.items()) {
    const auto old = before.find(name);
    if (old == before.end()) return what + " " + name + " is new: " + shown(value);
    if (*old != value) return what + " " + name + " was " + shown(*old) + ", is " + shown(value);
  }
  for (const auto& [name, value] : before.items())
    if (!now.contains(name)) return what + " " + name + " is gone";
  return {};
}

std::string changed_image(const Json& before, const Json& now) {
  const Json &old_layers = before.at("diff_ids"), &layers = now.at("diff_ids");
  if (old_layers != layers) {
    size_t same = 0;
    while (same < std::min(old_layers.size(), layers.size()) && old_layers[same] == layers[same])
      ++same;
    if (same == layers.size()) return "the image has fewer layers";
    return "layer " + std::to_string(same + 1) + " of " + std::to_string(layers.size()) +
           " of the image " + (same == old_layers.size() ? "is new" : "has changed");
  }
  return changed_member("the image's", before, now);
}

Json variables_of(const Json& environment) {
  Json variables = Json::object();
  for (const Json& entry : environment) {
    const std::string text = entry.get<std::string>();
    const size_t equals = std::min(text.find('='), text.size());
    variables[text.substr(0, equals)] = text.substr(std::min(equals + 1, text.size()));
  }
  return variables;
}

/// Of an input that differs, the first file that does.
std::string changed_file(const InputSnapshot& before, const InputSnapshot& now) {
  std::map<std::string, const InputEntry*> old;
  for (const InputEntry& entry : before.entries) old[entry.path] = &entry;
  const auto in_input = [&now](const std::string& path) {
    return (path.empty() ? now.source : now.source / path).string();
  };
  for (const InputEntry& entry : now.entries) {
    const auto it = old.find(entry.path);
    if (it == old.end()) return in_input(entry.path) + " is new";
    const InputEntry& other = *it->second;
    if (other.kind != entry.kind || other.content != entry.content ||
        other.executable != entry.executable)
      return in_input(entry.path) + " has changed";
    old.erase(it);
  }
  return old.empty() ? std::string() : in_input(old.begin()->first) + " is gone";
}

/// The plan of a finished run, for what its inputs held; nothing when an earlier version wrote it.
std::optional<RunPlan> kept_plan(const store::Store& store, const std::string& key) {
  const auto text = read_file_if_exists(store::run_folder(store, key) / "spec.json");
  if (!text) return std::nullopt;
  try {
    return parse_run_plan(Json::parse(*text));
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

std::string changed_input(const store::Store& store, const std::string& last, const Json& before,
                          const RunPlan& plan) {
  const Json& now = plan.identity.at("inputs");
  const std::optional<RunPlan> kept = kept_plan(store, last);
  for (const PlannedInput& input : plan.inputs) {
    const auto old = before.find(input.place);
    if (old == before.end()) return "input " + input.place + " is new";
    if (*old == now.at(input.place)) continue;
    if (kept)
      for (const PlannedInput& other : kept->inputs)
        if (other.place == input.place) return changed_file(other.snapshot, input.snapshot);
    return "input " + input.place + " has changed";
  }
  for (const auto& [place, digest] : before.items())
    if (!now.contains(place)) return "input " + place + " is gone";
  return {};  // a parameters file, whose keys are parameters
}

std::string first_difference(const store::Store& store, const store::RunRecord& last,
                             const RunPlan& plan) {
  const Json &before = last.spec, &now = plan.identity;
  const auto differs = [&](const char* member) {
    return before.value(member, Json()) != now.at(member);
  };
  std::string reason;
  const auto take = [&reason](const std::string& text) {
    if (reason.empty()) reason = text;
  };
  if (differs("parameters"))
    take(changed_member("parameter", before.at("parameters"), now.at("parameters")));
  if (differs("inputs")) take(changed_input(store, last.key, before.at("inputs"), plan));
  if (differs("image")) take(changed_image(before.at("image"), now.at("image")));
  if (differs("environment"))
    take(changed_member("variable", variables_of(before.at("environment")),
                        variables_of(now.at("environment"))));
  if (differs("argv"))
    take("the command was " + shown(before.at("argv")) + ", is " + shown(now.at("argv")));
  if (differs("outputs")) take("the outputs are others");
  if (before.value("checkpoints", "") != now.value("checkpoints", ""))
    take("the folder of checkpoints is another");
  if (differs("metrics")) take("the metrics files are others");
  for (const char* member : {"working_directory", "network"})
    if (differs(member))
      take((std::string_view(member) == "network" ? "the network" : "the working folder") +
           (" was " + shown(before.at(member))) + ", is " + shown(now.at(member)));
  if (before != now) take("it was made by another version of the tool");
  return reason;
}

std::string continued_by(const store::Store& store, const RunPlan& plan) {
  if (!plan.ancestor.empty()) return "from the checkpoints of run " + plan.ancestor.substr(0, 12);
  const bool some = !plan.checkpoints.empty() && has_checkpoints(store, plan.key);
  return some ? "from the checkpoints of its last try" : "";
}

}  // namespace

RunForecast forecast_run(const store::Store& store, const RunSpec& spec) {
  const RunPlan plan = plan_run(store, spec).plan;
  RunForecast forecast{.key = plan.key, .reason = {}, .continues = {}, .last_seconds = {}};
  if (const auto record = store::find_run(store, plan.key)) {
    forecast.in_store = true;
    forecast.last_seconds = record->seconds;
    return forecast;
  }
  forecast.continues = continued_by(store, plan);
  for (const std::string& key : store::list_runs(store)) {
    const auto record = store::find_run(store, key);
    if (!record || record->target != spec.name) continue;
    forecast.reason = first_difference(store, *record, plan);
    forecast.last_seconds = record->seconds;
    break;
  }
  return forecast;
}

}  // namespace trainyard::training
