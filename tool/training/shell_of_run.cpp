#include "training/shell_of_run.hpp"

#include "base/error.hpp"
#include "store/last_use.hpp"
#include "store/run_records.hpp"
#include "training/checkpoints.hpp"
#include "training/output_files.hpp"
#include "training/run_container.hpp"

namespace trainyard::training {

namespace {

RunPlan read_plan(const fs::path& file) {
  return parse_run_plan(parse_json(read_file(file), file.string()));
}

void put_outputs_back(const store::Store& store, const std::string& key, const fs::path& scratch) {
  const std::optional<store::RunRecord> record = store::find_run(store, key);
  if (!record) return;
  for (const store::Output& output : record->outputs)
    put_output(store, output, scratch / output.path);
}

/// As they are now: what is changed in them counts for the next try.
fs::path checkpoints_of(const store::Store& store, const RunPlan& plan) {
  const fs::path folder = checkpoint_folder(store, plan.key);
  std::error_code gone;
  return !plan.checkpoints.empty() && fs::exists(folder, gone) ? folder : fs::path();
}

}  // namespace

engine::ContainerSpec shell_of_run(const store::Store& store, engine::Engine& engine,
                                   const std::string& key, const store::WorkFolder& work) {
  const fs::path folder = store::run_folder(store, key);
  const store::Visit visit(store);
  work.pin_run(key);
  for (const char* used : {"failed", "record.json"}) store::note_use(folder / used);
  const bool failed = fs::exists(folder / "failed/spec.json") && fs::exists(folder / "failed/work");
  const fs::path description = failed ? folder / "failed/spec.json" : folder / "spec.json";
  if (!fs::exists(description))
    throw usage_error("opening a shell in run", key.substr(0, 12),
                      "it neither failed nor finished: it was interrupted, or is going on",
                      "build its target; what it printed: trainyard logs " + key.substr(0, 12));
  const RunPlan plan = read_plan(description);
  work.pin_image(plan.image);
  store::note_use(store.blob(plan.image));
  const RunFolders folders{failed ? folder / "failed/work" : work.path() / "scratch",
                           work.path() / "tmp", work.path() / "engine", work.path() / "texts",
                           checkpoints_of(store, plan)};
  prepare_folders(plan, folders);
  if (!failed) put_outputs_back(store, key, folders.scratch);
  for (const PlannedInput& input : plan.inputs)
    if (!fs::exists(input.snapshot.source))
      throw usage_error("opening a shell in run", key.substr(0, 12),
                        "its input " + input.snapshot.source.string() + " is no longer there");
  engine::ContainerSpec spec = container_of(plan, folders, layers_of(store, engine, plan));
  spec.argv = {"/bin/sh"};
  spec.terminal = true;
  spec.interactive = true;
  spec.timeout.reset();
  return spec;
}

}  // namespace trainyard::training
