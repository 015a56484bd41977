#include "build/rebuild_reason.hpp"

#include <algorithm>
#include <vector>

#include "base/terminal.hpp"
#include "build/copy_note.hpp"
#include "build/placed_files.hpp"

namespace trainyard::build {

namespace {

constexpr size_t k_shown = 60;

std::string shown(const Json& value) {
  std::string text = value.is_string() ? value.get<std::string>() : dump_json(value);
  text = printable(text);
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (text.size() > k_shown) text = text.substr(0, k_shown) + "...";
  return "\"" + text + "\"";
}

std::map<std::string, std::string> variables_of(const Json& environment) {
  std::map<std::string, std::string> variables;
  for (const Json& entry : environment) {
    const std::string pair = entry.get<std::string>();
    const size_t equals = std::min(pair.find('='), pair.size());
    variables[pair.substr(0, equals)] = pair.substr(std::min(equals + 1, pair.size()));
  }
  return variables;
}

std::string changed_variable(const Json& before, const Json& now) {
  const auto old_values = variables_of(before);
  const auto values = variables_of(now);
  for (const auto& [name, value] : values) {
    const auto old_value = old_values.find(name);
    if (old_value == old_values.end()) return "variable " + name + " is new: " + shown(value);
    if (old_value->second != value)
      return "variable " + name + " was " + shown(old_value->second) + ", is " + shown(value);
  }
  for (const auto& [name, value] : old_values)
    if (!values.contains(name)) return "variable " + name + " is gone";
  return "the variables stand in another order";
}

/// What a member is called, and whether its values say something to a person.
struct Member {
  const char* name;
  const char* text;
  bool values;
};
constexpr Member k_members[] = {
    {"kind", "the instruction", false},
    {"argv", "the command", false},
    {"script", "the script", false},
    {"sources", "the sources", true},
    {"destination", "the destination", true},
    {"path", "the folder", true},
    {"environment", "the variables", false},
    {"cwd", "the working folder", true},
    {"user", "the user", true},
    {"chown", "--chown", true},
    {"chmod", "--chmod", true},
    {"exclude", "--exclude", true},
    {"network", "the network", true},
    {"mounts", "a mount", false},
    {"devices", "a device", false},
    {"platform", "the platform", true},
    {"source_date_epoch", "SOURCE_DATE_EPOCH", true},
    {"id_map", "how many ids the machine gives", true},
    {"content", "what is copied", false},
    {"files", "an executable or a library", false},
};

std::string changed(const Member& member, const Json& before, const Json& now) {
  const std::string name = member.text;
  if (!member.values) return name + " has changed";
  if (before.is_null()) return name + " is new: " + shown(now);
  if (now.is_null()) return name + " is gone";
  return name + " was " + shown(before) + ", is " + shown(now);
}

/// The path of an entry below the destination, as PlacedFiles has it when no link leads elsewhere.
std::string placed_path(const CopyStep& copy, const SelectedSource& source,
                        const SelectedEntry& entry, size_t sources) {
  std::string path = copy.destination;
  if (!entry.path.empty())
    path += "/" + entry.path;
  else if (path.ends_with('/') || sources > 1)
    path += "/" + source.name;
  std::string clean;
  for (const char c : path)
    if (c != '/' || (!clean.empty() && clean.back() != '/')) clean += c;
  return clean;
}

std::string keyword_of(const std::string& text) {
  return text.substr(0, text.find(' '));
}

}  // namespace

std::string first_difference(const Json& before, const Json& now) {
  const auto value = [](const Json& inputs, const char* name) {
    const auto it = inputs.find(name);
    return it == inputs.end() ? Json() : *it;
  };
  for (const Member& member : k_members) {
    const Json old_value = value(before, member.name), new_value = value(now, member.name);
    if (old_value == new_value) continue;
    return std::string_view(member.name) == "environment" ? changed_variable(old_value, new_value)
                                                          : changed(member, old_value, new_value);
  }
  for (const auto& [name, member] : now.items())
    if (value(before, name.c_str()) != member) return name + " has changed";
  return before == now ? "" : "the instruction has changed";
}

RebuildReasons::RebuildReasons(const store::Store& store, const BuildRequest& request,
                               const std::string& id_map_class)
    : store_(store), request_(request), id_map_class_(id_map_class) {}

/// The step with the same text in the same stage, else the one at the same place if it is of the
/// same kind and has not moved on itself.
const NotedStep* RebuildReasons::counterpart(const MissedStep& step) const {
  const PlannedStep& planned = step.stage.steps[static_cast<size_t>(step.index)];
  std::vector<const NotedStep*> of_stage;
  for (const NotedStep& noted : note_->steps)
    if (noted.stage == step.stage.label) of_stage.push_back(&noted);
  const auto place = static_cast<size_t>(step.index);
  const NotedStep* there = place < of_stage.size() ? of_stage[place] : nullptr;
  if (there != nullptr && there->text == planned.text) return there;
  for (const NotedStep* noted : of_stage)
    if (noted->text == planned.text) return noted;
  if (there == nullptr || keyword_of(there->text) != keyword_of(planned.text)) return nullptr;
  for (const PlannedStep& other : step.stage.steps)
    if (other.text == there->text) return nullptr;
  return there;
}

/// By the note that the copy before left; empty when that tells nothing.
std::string RebuildReasons::changed_file(const MissedStep& step) const {
  const PlannedStep& planned = step.stage.steps[static_cast<size_t>(step.index)];
  const auto* copy = std::get_if<CopyStep>(&planned.body);
  if (copy == nullptr || step.selection == nullptr) return {};
  const auto twins = find_copy_twins(store_, copy_note_key(*copy, request_, id_map_class_));
  if (!twins) return {};
  PlacedFiles before = PlacedFiles::parse(twins->list);
  std::string fresh;
  bool known = false;
  for (const SelectedSource& source : step.selection->sources) {
    for (const SelectedEntry& entry : source.entries) {
      if (entry.type != SelectedEntry::Type::file || !entry.content) continue;
      const std::string path = placed_path(*copy, source, entry, step.selection->sources.size());
      const PlacedFileRow* row = before.find(path);
      known = known || row != nullptr;
      if (row == nullptr && fresh.empty()) fresh = source.place_of(entry);
      if (row == nullptr) continue;
      if (row->sha256 != entry.content->sha256) return source.place_of(entry) + " has changed";
      before.forget(path);
    }
  }
  if (!known) return {};
  if (!fresh.empty()) return fresh + " is new";
  if (!before.empty()) return before.first() + " of the image is no longer among the sources";
  return {};
}

RebuildReason RebuildReasons::explain(const MissedStep& step) {
  std::call_once(loaded_, [this] { note_ = find_build_note(store_, request_); });
  if (!note_) return {};
  const NotedStep* earlier = counterpart(step);
  if (earlier == nullptr) return {"the instruction is new", std::nullopt};
  const auto record = store::find_step(store_, earlier->key);
  if (!record) return {"the record of the step is no longer in the store", std::nullopt};
  RebuildReason reason{first_difference(record->inputs, step.inputs), record->seconds};
  if (reason.text == "what is copied has changed")
    if (const std::string file = changed_file(step); !file.empty()) reason.text = file;
  if (!reason.text.empty()) return reason;
  if (!step.parent)
    reason.text = "a step before it is made anew";
  else if (*step.parent != earlier->parent)
    reason.text =
        step.index == 0 ? "the base image is another one" : "the layers below it are other ones";
  else
    reason.text = request_.no_cache     ? "--no-cache"
                  : step.stage.uncached ? "--no-cache-filter"
                                        : "its layer is no longer in the store";
  return reason;
}

}  // namespace trainyard::build
