#include "training/training_run.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "base/terminal.hpp"
#include "store/last_use.hpp"
#include "store/roots.hpp"
#include "training/keeper_client.hpp"
#include "training/run_origin.hpp"
#include "training/run_plan.hpp"

namespace trainyard::training {

namespace {

/// There, and not cut short: a look at its size costs no more than one at its name.
bool holds_whole(const store::Store& store, const store::OutputFile& file) {
  std::error_code gone;
  const auto size = fs::file_size(store.blob(file.digest), gone);
  return !gone && size == file.size;
}

/// A record whose content is gone, even in part, is no record.
std::optional<store::RunRecord> find_complete_run(const store::Store& store,
                                                  const std::string& key) {
  store::note_use(store::run_folder(store, key) / "record.json");
  std::optional<store::RunRecord> record = store::find_run(store, key);
  if (!record) return std::nullopt;
  for (const store::Output& output : record->outputs)
    for (const store::OutputFile& file : output.files)
      if (!holds_whole(store, file)) return std::nullopt;
  return record;
}

void root_run(const store::Store& store, const RunSpec& spec, const std::string& key) {
  store::RootedTarget root{store::TargetKind::run, spec.name, spec.build_dir, key, spec.file, {}};
  for (const RunOutput& output : spec.outputs) root.outputs.push_back(output.destination);
  store::put_root(store, root);
}

constexpr size_t k_most_undeclared = 20;  // as many as output_collection names

/// The result is in the store, whatever comes of this: a training is not lost over a stray file.
void judge_extra_outputs(const RunSpec& spec, const store::RunRecord& record,
                         const RunEvents& events) {
  if (record.undeclared.empty() || spec.extra_outputs == RunSpec::ExtraOutputs::ignore) return;
  std::string names;
  for (const std::string& path : record.undeclared)
    names += (names.empty() ? "" : ", ") + printable_line(path);
  if (record.undeclared.size() >= k_most_undeclared) names += " and more";
  if (spec.extra_outputs == RunSpec::ExtraOutputs::warn) {
    events.note("warning: written beside the declared outputs, and not kept: " + names);
    return;
  }
  throw Error(
      "taking the outputs of", spec.name,
      "the command wrote files that nothing declares, and they are not kept: " + names,
      "add them to OUTPUTS; or write EXTRA_OUTPUTS ignore (or warn), then what was trained is "
      "found in the store",
      ExitCode::failed);
}

}  // namespace

void set_parameter(RunSpec& spec, const std::string& name, const std::string& value) {
  spec.trial = true;
  std::vector<std::string> names;
  for (auto& [known, old] : spec.parameters) {
    if (known == name) {
      old = value;
      return;
    }
    names.push_back(known);
  }
  if (spec.parameters_file)
    for (const std::string& key : spec.parameters_file->keys) names.push_back(key);
  if (std::find(names.begin(), names.end(), name) == names.end())
    throw usage_error("setting a parameter of", spec.name, "it has none called \"" + name + "\"",
                      names.empty() ? "declare it in PARAMETERS" : suggestion(name, names));
  spec.parameters.emplace_back(name, value);
  std::sort(spec.parameters.begin(), spec.parameters.end());
}

bool detach_training(const store::Store& store, const RunSpec& spec) {
  const store::Visit visit(store);
  RunPlan plan = plan_run(store, spec).plan;
  if (!spec.trial) root_run(store, spec, plan.key);
  if (find_complete_run(store, plan.key)) return false;
  plan.origin = gather_origin(store, spec, plan);
  detach_run(store, plan);
  return true;
}

RunOutcome run_training(const store::Store& store, const RunSpec& spec, const RunEvents& events) {
  // Until it is the build tree's: from then on that protects it, however long it takes.
  std::optional<store::Visit> visit(store);
  PlannedRun planned = plan_run(store, spec);
  if (!spec.trial) root_run(store, spec, planned.plan.key);
  visit.reset();
  for (bool first = true;; first = false) {
    if (std::optional<store::RunRecord> record = find_complete_run(store, planned.plan.key)) {
      judge_extra_outputs(spec, *record, events);
      return {std::move(*record), first, std::move(planned.read)};
    }
    if (planned.plan.origin.is_null())
      planned.plan.origin = gather_origin(store, spec, planned.plan);
    if (attach_to_run(store, planned.plan, events) == RunEnd::done &&
        !find_complete_run(store, planned.plan.key))
      throw Error("training", spec.name,
                  "it ended well, but its record cannot be read from the store",
                  "is the store's file system full or damaged? Build again once it is mended");
  }
}

}  // namespace trainyard::training
