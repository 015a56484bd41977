#include "training/run_execution.hpp"

#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <deque>

#include "base/error.hpp"
#include "base/quantity.hpp"
#include "store/last_use.hpp"
#include "store/layer_trees.hpp"
#include "store/run_records.hpp"
#include "store/work_folder.hpp"
#include "training/checkpoints.hpp"
#include "training/device_lease.hpp"
#include "training/metric_sources.hpp"
#include "training/output_collection.hpp"
#include "training/run_container.hpp"
#include "training/run_origin.hpp"

namespace trainyard::training {

namespace {

constexpr size_t k_excerpt_lines = 15;
constexpr size_t k_longest_excerpt_line = 400;

/// The last lines of what the command wrote.
class LogTail {
 public:
  void add(std::string_view bytes) {
    for (const char c : bytes) {
      if (c == '\n') {
        lines_.push_back(std::move(current_));
        current_.clear();
        if (lines_.size() > k_excerpt_lines) lines_.pop_front();
      } else if (c == '\r') {
        current_.clear();  // progress bars write over their own line
      } else if (current_.size() < k_longest_excerpt_line) {
        current_ += c;
      }
    }
  }
  std::string text() const {
    std::deque<std::string> lines = lines_;
    if (!current_.empty()) lines.push_back(current_);
    if (lines.size() > k_excerpt_lines) lines.pop_front();
    std::string text;
    for (const std::string& line : lines) text += (text.empty() ? "  " : "\n  ") + line;
    return text;
  }

 private:
  std::deque<std::string> lines_;
  std::string current_;
};

std::string signal_name(int number) {
  const char* name = ::sigabbrev_np(number);
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(number);
}

std::string cause_of(const RunPlan& plan, const engine::ContainerResult& result) {
  const std::string code = " (exit code " + std::to_string(result.exit_code) + ")";
  if (result.timed_out)
    return "it took longer than its TIMEOUT of " +
           format_duration(plan.timeout ? static_cast<double>(plan.timeout->count()) / 1000
                                        : result.seconds) +
           " and was stopped" + code;
  if (result.out_of_memory)
    return "it ran out of memory" +
           (plan.limits.memory ? " at its limit of " + format_bytes(*plan.limits.memory)
                               : std::string()) +
           " and was killed" + code;
  if (result.signal) return "it was killed by " + signal_name(*result.signal) + code;
  // The container's init turns a signal of the command into this code.
  if (result.exit_code > 128 && result.exit_code < 128 + 65)
    return "it ended with exit code " + std::to_string(result.exit_code) + ", as after " +
           signal_name(result.exit_code - 128);
  return "it ended with exit code " + std::to_string(result.exit_code);
}

Error failure_of(const RunPlan& plan, const engine::ContainerResult& result, const LogTail& tail,
                 bool can_go_on) {
  std::string hint = "look inside: trainyard shell " + plan.target;
  if (can_go_on)
    hint += "; the next build continues from its checkpoints, \"trainyard run --from-scratch " +
            plan.target + "\" begins anew";
  Error error("training", plan.target, cause_of(plan, result), std::move(hint), ExitCode::failed);
  return std::move(error).with_excerpt(tail.text());
}

/// To the millisecond: runs are listed in this order, and short ones end within one second.
std::string now_rfc3339() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  std::tm utc{};
  ::gmtime_r(&now.tv_sec, &utc);
  char text[32], fraction[24];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(fraction, sizeof fraction, ".%03ldZ", now.tv_nsec / 1'000'000);
  return std::string(text) + fraction;
}

/// One try of a run.
class Execution {
 public:
  Execution(const store::Store& store, engine::Engine& engine, const RunPlan& plan,
            const ExecutionEvents& events)
      : store_(store), engine_(engine), plan_(plan), events_(events), work_(store) {
    folders_ = {work_.path() / "scratch",
                work_.path() / "tmp",
                work_.path() / "engine",
                work_.path() / "texts",
                {}};
  }

  void run() {
    try {
      const engine::ContainerResult result = run_container();
      commit(result);
    } catch (const Error& error) {
      if (error.code() == ExitCode::failed) keep_scratch();
      clean();
      throw;
    } catch (...) {
      clean();
      throw;
    }
    clean();
  }

 private:
  engine::ContainerResult run_container() {
    const std::vector<fs::path> layers = pinned_layers();
    if (events_.stop_requested()) throw RunStopped();
    prepare_folders(plan_, folders_);
    if (!plan_.checkpoints.empty()) continue_from_checkpoints();
    engine::ContainerSpec spec = container_of(plan_, folders_, layers);
    // Held until the container has ended. Outputs are collected without it.
    const std::optional<DeviceLease> devices =
        lease_devices(store_, plan_.devices, plan_.target,
                      {events_.waiting ? events_.waiting : events_.note, events_.stop_requested});
    if (!devices) throw RunStopped();
    if (events_.waiting) events_.waiting("");
    spec.devices = devices->edits;
    started_ = now_rfc3339();
    const std::unique_ptr<engine::Container> container = engine_.start(spec);
    events_.container(container.get());
    const MetricsFollower follower(engine_, plan_, folders_.scratch, events_.metrics);
    engine::ContainerResult result;
    try {
      result = container->wait([this](engine::Stream, std::string_view bytes) {
        tail_.add(bytes);
        events_.log(bytes);
      });
    } catch (...) {
      events_.container(nullptr);
      throw;
    }
    events_.container(nullptr);
    for (const std::string& warning : result.warnings) events_.note("warning: " + warning);
    // A training that was told to stop may end well with half its work done: that is no result.
    if (events_.stop_requested()) throw RunStopped();
    if (result.exit_code == 0 && !result.timed_out) return result;
    throw failure_of(plan_, result, tail_,
                     !plan_.checkpoints.empty() && has_checkpoints(store_, plan_.key));
  }

  void continue_from_checkpoints() {
    if (!prepare_checkpoints(store_, engine_, plan_, work_.path()))
      throw Error("training", plan_.target,
                  "the checkpoints of run " + plan_.ancestor.substr(0, 12) +
                      ", which it was to begin with, have just been removed",
                  "build again");
    folders_.checkpoints = checkpoint_folder(store_, plan_.key);
    resumed_ = has_checkpoints(store_, plan_.key);
    if (!plan_.ancestor.empty())
      events_.note("continues from the checkpoints of run " + plan_.ancestor.substr(0, 12));
    else if (resumed_)
      events_.note("continues from the checkpoints of its last try");
  }

  /// The image stays while the container has it open.
  std::vector<fs::path> pinned_layers() {
    const store::Visit visit(store_);
    work_.pin_image(plan_.image);
    store::note_use(store_.blob(plan_.image));
    return layers_of(store_, engine_, plan_);
  }

  void commit(const engine::ContainerResult& result) {
    const store::Visit visit(store_);
    for (const PlannedInput& input : plan_.inputs) check_unchanged(input.snapshot);
    store::RunRecord record;
    record.key = plan_.key;
    record.target = plan_.target;
    record.image = plan_.image;
    record.spec = plan_.identity;
    CollectedOutputs collected =
        collect_outputs(store_, engine_, plan_, folders_.scratch, work_.path());
    record.outputs = std::move(collected.outputs);
    record.undeclared = std::move(collected.undeclared);
    record.metrics = read_metrics(store_, record.outputs, plan_.metrics, events_.note);
    record.plots = plan_.plots;
    record.seconds = result.seconds;
    record.finished = now_rfc3339();
    record.ancestor = find_ancestor(store_, plan_.key).value_or("");
    record.resumed = resumed_;
    const fs::path spec = store::run_folder(store_, plan_.key) / "spec.json";
    write_file_atomic(spec, dump_json(spec_json()), Durability::dear);
    put_origin();
    store::put_run(store_, record);
  }

  Json spec_json() const {
    Json json = to_json(plan_);
    json.erase("origin");
    return json;
  }

  void put_origin() const {
    if (!plan_.origin.is_object()) return;
    Json origin = plan_.origin;
    origin["started"] = started_;
    training::put_origin(store_, plan_.key, origin);
  }

  void keep_scratch() {
    std::error_code error;
    if (!fs::exists(folders_.scratch, error)) return;
    const fs::path failed = store::run_folder(store_, plan_.key) / "failed";
    try {
      make_directories(failed, 0700);
      write_file_atomic(failed / "spec.json", dump_json(spec_json()));
      keep_failed_scratch(engine_, folders_.scratch, failed / "work", work_.fresh("older"));
    } catch (const Error& kept) {
      events_.note("warning: the working folder could not be kept: " + kept.cause());
    }
  }

  /// Steps leave files of sub-uids; what fails here is swept by a later build.
  void clean() noexcept {
    try {
      engine_.settle();
      std::vector<fs::path> left;
      for (const fs::directory_entry& entry : fs::directory_iterator(work_.path()))
        if (entry.is_directory() && !entry.is_symlink()) left.push_back(entry.path());
      if (!left.empty()) store::remove_trees(engine_, left);
    } catch (const std::exception& error) {
      events_.note(std::string("warning: work in flight was not removed: ") + error.what());
    }
  }

  const store::Store& store_;
  engine::Engine& engine_;
  const RunPlan& plan_;
  const ExecutionEvents& events_;
  store::WorkFolder work_;
  RunFolders folders_;
  bool resumed_ = false;
  LogTail tail_;
  std::string started_;
};

}  // namespace

void execute_run(const store::Store& store, engine::Engine& engine, const RunPlan& plan,
                 const ExecutionEvents& events) {
  Execution(store, engine, plan, events).run();
}

}  // namespace trainyard::training
