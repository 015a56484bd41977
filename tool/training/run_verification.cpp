#include "training/run_verification.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <map>
#include <set>

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "store/last_use.hpp"
#include "store/layer_trees.hpp"
#include "store/run_records.hpp"
#include "store/work_folder.hpp"
#include "training/device_lease.hpp"
#include "training/metric_sources.hpp"
#include "training/output_collection.hpp"
#include "training/run_container.hpp"

namespace trainyard::training {

namespace {

Error cannot(const std::string& target, const std::string& cause, const std::string& hint) {
  return usage_error("verifying run", target, cause, hint);
}

store::RunRecord require_record(const store::Store& store, const std::string& key) {
  store::note_use(store::run_folder(store, key) / "record.json");
  if (auto record = store::find_run(store, key)) return std::move(*record);
  throw cannot(key.substr(0, 12), "it has not ended well, or its record is gone",
               "build its target: trainyard runs lists the finished ones");
}

/// Whether the members that are executed are those of the identity.
bool is_that_of(const RunPlan& plan, const Json& identity) {
  if (Json(plan.argv) != identity.at("argv")) return false;
  const Json& inputs = identity.at("inputs");
  for (const PlannedInput& input : plan.inputs)
    if (inputs.value(input.place, "") != input.snapshot.digest()) return false;
  for (const PlannedText& text : plan.texts)
    if (inputs.value(text.place, "") != sha256_hex(text.text)) return false;
  return plan.working_directory == identity.at("working_directory").get<std::string>() &&
         plan.inputs.size() + plan.texts.size() == inputs.size();
}

/// The plan that was executed. What it says is believed where its key fits.
RunPlan require_plan(const store::Store& store, const store::RunRecord& record) {
  const auto text = read_file_if_exists(store::run_folder(store, record.key) / "spec.json");
  if (text) {
    try {
      RunPlan plan = parse_run_plan(Json::parse(*text));
      if (plan.key == record.key && plan.identity == record.spec && is_that_of(plan, record.spec))
        return plan;
    } catch (const Json::exception&) {
    } catch (const Error&) {
    }
  }
  throw cannot(record.target, "what it was started with can no longer be read from the store",
               "build its target with another value of a parameter, and back");
}

void require_inputs(const RunPlan& plan) {
  for (const PlannedInput& input : plan.inputs) {
    const auto change = find_change(input.snapshot);
    if (!change) continue;
    const auto entry = std::find_if(
        input.snapshot.entries.begin(), input.snapshot.entries.end(), [&](const InputEntry& one) {
          return (one.path.empty() ? input.snapshot.source : input.snapshot.source / one.path) ==
                 change->path;
        });
    const bool file =
        entry != input.snapshot.entries.end() && entry->kind == InputEntry::Kind::file;
    throw cannot(plan.target,
                 "its input " + change->path.string() + " is not what it was: " + change->how +
                     (file ? "; it had sha256:" + entry->content : ""),
                 "put it back as it was, or build the target: that is another run");
  }
}

/// Where two files part; nothing where the shorter one is a beginning of the other.
std::optional<uint64_t> first_difference(const fs::path& left, const fs::path& right) {
  std::ifstream a(left, std::ios::binary), b(right, std::ios::binary);
  std::array<char, 1 << 16> one, other;
  for (uint64_t at = 0;; at += one.size()) {
    a.read(one.data(), one.size());
    b.read(other.data(), other.size());
    const auto n = static_cast<size_t>(std::min(a.gcount(), b.gcount()));
    const auto place = std::mismatch(one.begin(), one.begin() + n, other.begin());
    if (place.first != one.begin() + n)
      return at + static_cast<uint64_t>(place.first - one.begin());
    if (n < one.size()) return std::nullopt;
  }
}

using Files = std::map<std::string, store::OutputFile>;

Files files_of(const std::vector<store::Output>& outputs) {
  Files files;
  for (const store::Output& output : outputs)
    for (const store::OutputFile& file : output.files)
      files.emplace(file.path.empty() ? output.path : output.path + "/" + file.path, file);
  return files;
}

/// One try in a folder of its own.
class Repetition {
 public:
  Repetition(const store::Store& store, engine::Engine& engine, const store::RunRecord& record,
             const RunPlan& plan, const VerifyEvents& events)
      : store_(store),
        engine_(engine),
        record_(record),
        plan_(plan),
        events_(events),
        work_(store),
        folders_{work_.path() / "scratch",
                 work_.path() / "tmp",
                 work_.path() / "engine",
                 work_.path() / "texts",
                 {}},
        made_(store::Store::open(work_.path() / "made")) {}

  /// What the container's user made may be of sub-uids.
  ~Repetition() {
    try {
      engine_.settle();
      std::vector<fs::path> left;
      for (const fs::path& folder : {folders_.scratch, folders_.temporary, folders_.work,
                                     work_.path() / "checkpoints", made_.root()})
        if (fs::exists(folder)) left.push_back(folder);
      if (!left.empty()) store::remove_trees(engine_, left);
    } catch (const std::exception&) {
      // a later build sweeps it
    }
  }
  Repetition(const Repetition&) = delete;
  Repetition& operator=(const Repetition&) = delete;

  RunVerification run() {
    RunVerification found{record_.key, record_.target, record_.seconds, execute(), 0, {}, {}};
    const std::vector<store::Output> outputs =
        collect_outputs(made_, engine_, plan_, folders_.scratch, work_.path()).outputs;
    compare_files(files_of(record_.outputs), files_of(outputs), found);
    compare_metrics(read_metrics(made_, outputs, plan_.metrics, events_.note), found);
    require_inputs(plan_);  // nor changed meanwhile
    return found;
  }

 private:
  double execute() {
    std::vector<fs::path> layers;
    {
      const store::Visit visit(store_);
      work_.pin_run(record_.key);
      work_.pin_image(plan_.image);
      store::note_use(store_.blob(plan_.image));
      layers = layers_of(store_, engine_, plan_);
    }
    prepare_folders(plan_, folders_);
    if (!plan_.checkpoints.empty()) make_checkpoint_folder();
    engine::ContainerSpec spec = container_of(plan_, folders_, std::move(layers));
    // As for a training: nobody else has them meanwhile.
    const std::optional<DeviceLease> devices =
        lease_devices(store_, plan_.devices, plan_.target, {events_.note, events_.stop_requested});
    if (!devices) fail_interrupted();
    spec.devices = devices->edits;
    const auto container = engine_.start(spec);
    events_.container(container.get());
    engine::ContainerResult result;
    try {
      result =
          container->wait([this](engine::Stream, std::string_view bytes) { events_.log(bytes); });
    } catch (...) {
      events_.container(nullptr);
      throw;
    }
    events_.container(nullptr);
    for (const std::string& warning : result.warnings) events_.note("warning: " + warning);
    if (events_.stop_requested()) fail_interrupted();
    if (result.exit_code != 0 || result.timed_out)
      throw Error("verifying run", plan_.target,
                  "it ended well before, and now " +
                      (result.timed_out ? std::string("its time was over")
                                        : "with exit code " + std::to_string(result.exit_code)),
                  "what it printed stands above", ExitCode::failed);
    return result.seconds;
  }

  [[noreturn]] void fail_interrupted() const {
    throw Error("verifying run", plan_.target, "interrupted", "", ExitCode::interrupted);
  }

  /// Always empty: a result is to come of what the record says alone.
  void make_checkpoint_folder() {
    folders_.checkpoints = work_.path() / "checkpoints";
    make_directories(folders_.checkpoints);
    if (::chmod(folders_.checkpoints.c_str(), 0777) != 0)
      throw system_error("making folder", folders_.checkpoints.string());
  }

  void compare_files(const Files& before, const Files& now, RunVerification& found) const {
    std::set<std::string> paths;
    for (const auto& [path, file] : before) paths.insert(path);
    for (const auto& [path, file] : now) paths.insert(path);
    found.files = paths.size();
    for (const std::string& path : paths) {
      const auto old = before.find(path), fresh = now.find(path);
      if (old == before.end())
        found.outputs.push_back({path, "is new", 0, fresh->second.size, true, {}});
      else if (fresh == now.end())
        found.outputs.push_back({path, "was not written", old->second.size, 0, true, {}});
      else
        compare(path, old->second, fresh->second, found);
    }
  }

  void compare(const std::string& path, const store::OutputFile& before,
               const store::OutputFile& now, RunVerification& found) const {
    OutputDifference difference{path, "", before.size, now.size, false, {}};
    if (before.link != now.link) {
      difference.what = "is another link or none";
    } else if (before.digest != now.digest) {
      const fs::path kept = store_.blob(before.digest);
      std::error_code gone;
      if (fs::exists(kept, gone))
        difference.first_differing = first_difference(kept, made_.blob(now.digest));
      if (difference.first_differing)
        difference.what =
            "has other bytes from " + std::to_string(*difference.first_differing) + " on";
      else if (before.size != now.size)
        difference.what = now.size < before.size ? "ends earlier" : "goes on behind its end";
      else
        difference.what = "has other bytes";
    } else if (before.mode != now.mode) {
      difference.what = "has another mode";
    } else {
      return;
    }
    found.outputs.push_back(std::move(difference));
  }

  void compare_metrics(const std::map<std::string, double>& now, RunVerification& found) const {
    std::set<std::string> names;
    for (const auto& [name, value] : record_.metrics) names.insert(name);
    for (const auto& [name, value] : now) names.insert(name);
    for (const std::string& name : names) {
      MetricDifference difference{name, {}, {}};
      if (const auto it = record_.metrics.find(name); it != record_.metrics.end())
        difference.before = it->second;
      if (const auto it = now.find(name); it != now.end()) difference.now = it->second;
      const bool nan = difference.before && difference.now && std::isnan(*difference.before) &&
                       std::isnan(*difference.now);
      if (!nan && difference.before != difference.now)
        found.metrics.push_back(std::move(difference));
    }
  }

  const store::Store& store_;
  engine::Engine& engine_;
  const store::RunRecord& record_;
  const RunPlan& plan_;
  const VerifyEvents& events_;
  store::WorkFolder work_;
  RunFolders folders_;
  store::Store made_;  ///< what this try writes
};

}  // namespace

RunVerification verify_run(const store::Store& store, engine::Engine& engine,
                           const std::string& key, const VerifyEvents& events) {
  const store::RunRecord record = require_record(store, key);
  const RunPlan plan = require_plan(store, record);
  require_inputs(plan);
  if (!store.has_blob(plan.image))
    throw cannot(plan.target, "its image " + plan.image.str() + " is gone from the store",
                 "an image of another digest may be another one: build the target anew");
  return Repetition(store, engine, record, plan, events).run();
}

}  // namespace trainyard::training
