#include "training/observed_run.hpp"

#include <algorithm>
#include <sstream>

#include "store/last_use.hpp"
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
                        const store::WorkFolder& work) {
  const store::Visit visit(store);
  const RunPlan plan = plan_run(store, spec).plan;
  work.pin_image(plan.image);
  store::note_use(store.blob(plan.image));
  const RunFolders folders{work.path() / "scratch",
                           work.path() / "tmp",
                           work.path() / "engine",
                           work.path() / "texts",
                           {}};
  prepare_folders(plan, folders);
  ObservedRun run{container_of(plan, folders, layers_of(store, engine, plan)), folders.scratch};
  run.container.missing_report = work.path() / "missing";
  return run;
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
