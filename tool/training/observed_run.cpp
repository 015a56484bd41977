#include "training/observed_run.hpp"

#include <algorithm>
#include <sstream>

#include "store/last_use.hpp"
#include "store/layer_trees.hpp"
#include "training/output_collection.hpp"
#include "training/run_container.hpp"
#include "training/run_plan.hpp"

namespace trainyard::training {

namespace {

/// A pattern of CMake's own list would be one more thing to read: the path as INPUTS wants it.
std::string advice_of(const RunSpec& spec, const std::string& path) {
  std::error_code error;
  if (fs::exists(spec.source_dir / path, error))
    return "it is in the source folder; declare it: INPUTS " + path;
  if (fs::exists(spec.binary_dir / path, error))
    return "it is in the build folder; declare it, or the run that makes it: INPUTS " +
           (spec.binary_dir / path).string();
  return "it is neither in the source folder nor in the build folder";
}

bool is_leaving_or_in_one(const fs::path& path) {
  return std::any_of(path.begin(), path.end(),
                     [](const fs::path& part) { return is_leaving(part.string()); });
}

}  // namespace

ObservedRun observe_run(const store::Store& store, engine::Engine& engine, const RunSpec& spec,
                        const store::WorkFolder& work,
                        const std::function<void(const std::string&)>& note) {
  std::optional<store::Visit> visit(store);
  const RunPlan plan = plan_run(store, spec).plan;
  work.pin_image(plan.image);
  store::note_use(store.blob(plan.image));
  std::vector<fs::path> layers = layers_of(store, engine, plan);
  visit.reset();  // the image is pinned, and devices may let one wait for long
  const RunFolders folders{work.path() / "scratch", work.path() / "tmp", work.path() / "engine",
                           work.path() / "texts",
                           plan.checkpoints.empty() ? fs::path() : work.path() / "checkpoints"};
  prepare_folders(plan, folders);
  if (!folders.checkpoints.empty()) {
    make_directories(folders.checkpoints);
    fs::permissions(folders.checkpoints, fs::perms::all);  // whoever the container's user is
  }
  ObservedRun run{container_of(plan, folders, std::move(layers)), folders.scratch,
                  *lease_devices(store, plan.devices, plan.target, {note, [] { return false; }})};
  run.container.devices = run.devices.edits;
  run.container.missing_report = work.path() / "missing";
  return run;
}

void remove_observed_run(engine::Engine& engine, const store::WorkFolder& work) {
  engine.settle();
  std::vector<fs::path> left;
  for (const fs::directory_entry& entry : fs::directory_iterator(work.path()))
    if (entry.is_directory() && !entry.is_symlink()) left.push_back(entry.path());
  store::remove_trees(engine, left);
}

std::vector<MissingPath> missing_paths(const RunSpec& spec, const ObservedRun& run) {
  std::vector<fs::path> looked_for;
  std::istringstream lines(read_file_if_exists(*run.container.missing_report).value_or(""));
  for (std::string line; std::getline(lines, line);) {
    fs::path path = fs::path(line).lexically_relative(spec.working_directory);
    std::error_code error;
    if (is_leaving_or_in_one(path) || fs::exists(fs::symlink_status(run.scratch / path, error)))
      continue;
    const bool is_output =
        std::any_of(spec.outputs.begin(), spec.outputs.end(), [&](const RunOutput& output) {
          return lies_within("/" + path.string(), "/" + output.path);
        });
    if (!is_output) looked_for.push_back(std::move(path));
  }
  std::sort(looked_for.begin(), looked_for.end());
  std::vector<MissingPath> missing;
  for (size_t i = 0; i < looked_for.size(); ++i) {
    // Of a folder and a file in it, the file says more.
    const bool leads_on = i + 1 < looked_for.size() && lies_within("/" + looked_for[i + 1].string(),
                                                                   "/" + looked_for[i].string());
    if (!leads_on)
      missing.push_back({looked_for[i].string(), advice_of(spec, looked_for[i].string())});
  }
  return missing;
}

}  // namespace trainyard::training
