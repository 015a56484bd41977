#include <cstdio>
#include <optional>

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "base/slot_lease.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/confirm_training.hpp"
#include "cli/depfile.hpp"
#include "cli/train.hpp"
#include "report/sweep_table.hpp"
#include "store/last_use.hpp"
#include "training/lost_results.hpp"
#include "training/rerun_reason.hpp"
#include "training/result_file.hpp"
#include "training/run_plan.hpp"
#include "training/sweep_summary.hpp"

namespace trainyard::cli {

namespace {

using training::SweepPoint;
using training::SweepSpec;

constexpr size_t k_table_rows = 20;
constexpr const char* k_best = "best";

/// One edge for all points looks at image and inputs: what it writes changes when one of them did.
void plan_points(const store::Store& store, const SweepSpec& sweep) {
  const store::Visit visit(store);
  training::RunSpec run = training::read_run_spec(sweep.run);
  run.extends.clear();  // whose checkpoints it would begin with is no matter of inputs
  const training::PlannedRun planned = training::plan_run(store, run);
  write_file_if_changed(sweep.beside("plan"), planned.plan.key + "\n");
  std::vector<std::string> read(planned.read.begin(), planned.read.end());
  read.push_back(sweep.run.string());
  const fs::path stamp = sweep.beside("plan.stamp");
  write_depfile(sweep.beside("plan.d"), stamp, read);
  touch(stamp);
}

/// One of the sweep's slots. None where it has no limit, and where the result is there already:
/// a look into the store waits for nobody.
std::optional<SlotLease> lease_slot(const store::Store& store, const SweepSpec& sweep,
                                    const training::RunSpec& spec) {
  if (sweep.max_parallel == 0) return std::nullopt;
  std::optional<bool> there;
  SlotWaiting waiting;
  waiting.note = [](const std::string& text) {
    std::fprintf(stderr, "trainyard: %s\n", text.c_str());
  };
  waiting.give_up = [&] {
    if (!there) there = training::forecast_run(store, spec).in_store;
    return *there;
  };
  const std::vector<std::string> slots = numbered_slots(static_cast<size_t>(sweep.max_parallel));
  return SlotFolder(sweep.beside("slots")).lease({{}, slots, 1}, "run " + spec.name, waiting);
}

/// A training that fails, or that somebody stops, is noted and ends well, so that a build goes on
/// with the other points; the summary tells of it. What would fail for each of them (a mistake in a
/// spec, a full disk) and an interruption stop the build.
void train_point(const StoreArguments& store_arguments, const store::Store& store,
                 const SweepSpec& sweep, const SweepPoint& point) {
  const training::RunSpec spec = training::run_of_point(sweep, point);
  const training::PointFiles files = training::files_of(sweep, point);
  store_arguments.export_runtime();
  confirm_training(store, spec);
  const auto slot = lease_slot(store, sweep, spec);
  const auto fail = [&](const Error& error) {
    training::note_failure(sweep, point, error.cause());
    std::fputs(error.render().c_str(), stderr);
  };
  try {
    const training::RunOutcome outcome = train_and_show(store, spec);
    training::write_result_file(files.result, outcome.record);
    remove_file(files.failure);
    std::fputs(outcome_line(spec, outcome).c_str(), stderr);
  } catch (const training::RunEndedElsewhere& error) {
    fail(error);
  } catch (const Error& error) {
    if (error.code() != ExitCode::failed) throw;
    fail(error);
  }
  touch(files.stamp);
}

std::string failure_text(const SweepSpec& sweep,
                         const std::vector<training::PointResult>& results) {
  std::string text;
  size_t told = 0;
  for (const training::PointResult& result : results) {
    if (result.record || ++told > k_table_rows) continue;
    const std::string name = training::rooted_name(sweep, result.point);
    text += (text.empty() ? "  " : "\n  ") + name + ": " + result.failure +
            "\n    trainyard logs " + name;
  }
  if (told > k_table_rows)
    text += "\n  and " + std::to_string(told - k_table_rows) +
            " more: " + sweep.beside("json").string();
  return text;
}

void summarize(const store::Store& store, const SweepSpec& sweep) {
  const store::Visit visit(store);
  const auto results = training::collect_sweep(store, sweep);
  training::forget_other_points(store, sweep);
  write_file_if_changed(sweep.beside("json"),
                        dump_json(training::summary_json(sweep, results), 2) + "\n");
  write_file_if_changed(sweep.beside("csv"), report::sweep_csv(results));
  std::fputs(report::sweep_table(sweep, results, k_table_rows).c_str(), stdout);
  std::fflush(stdout);
  size_t failed = 0;
  for (const training::PointResult& result : results)
    if (!result.record) ++failed;
  if (failed > 0)
    throw Error("training the points of", sweep.name,
                std::to_string(failed) + " of " + std::to_string(results.size()) + " failed",
                "build again to try these alone", ExitCode::failed)
        .with_excerpt(failure_text(sweep, results));
  for (const training::PointResult& result : results)
    if (result.best) training::write_result_file(sweep.beside(k_best), *result.record);
  touch(sweep.beside("sweep.stamp"));
}

/// The outputs of a point, or of the best one, in the build tree.
void put_outputs(const store::Store& store, const SweepSpec& sweep, const std::string& name) {
  const store::Visit visit(store);
  training::RunSpec spec = training::read_run_spec(sweep.run);
  fs::path result = sweep.beside(k_best);
  fs::path folder = sweep.folder / k_best;
  if (name != k_best) {
    const SweepPoint& point = training::require_point(sweep, name);
    const training::PointFiles files = training::files_of(sweep, point);
    if (const auto failure = read_file_if_exists(files.failure)) {
      remove_file(files.stamp);
      throw Error("putting in place the outputs of", training::rooted_name(sweep, point),
                  "the point failed: " + *failure, "build again to try it once more",
                  ExitCode::failed);
    }
    result = files.result;
    folder = files.outputs;
  }
  for (training::RunOutput& output : spec.outputs) output.destination = folder / output.path;
  const store::RunRecord record =
      training::require_finished_run(store, spec, result, training::LookAt::content);
  training::restore_outputs(store, spec, record.key);
}

}  // namespace

int sweep_command(const std::vector<std::string>& words) {
  CLI::App app(
      "Does what the edges of a sweep in a build graph are for. People build the sweep's target, "
      "and see its points with \"trainyard runs SWEEP\".",
      "sweep");
  std::string spec_file, point, put;
  bool plan = false, summary = false;
  app.add_option("--spec", spec_file, "The sweep's spec file")->required()->type_name("FILE");
  CLI::Option_group* work = app.add_option_group("work");
  work->add_flag("--plan", plan, "Look at what all points depend on beside their values");
  work->add_option("--point", point, "Train a point, or find it in the store")->type_name("POINT");
  work->add_flag("--summary", summary, "Write and print what the points reached");
  work->add_option("--put", put,
                   "Put the outputs of a point, or of the best one, in the build tree")
      ->type_name("POINT|best");
  work->require_option(1);
  const StoreArguments store_arguments(app, StoreArguments::Engine::with);
  if (!parse(app, words)) return 0;

  const SweepSpec sweep = training::read_sweep_spec(spec_file);
  const store::Store store = store_arguments.open_store();
  if (plan)
    plan_points(store, sweep);
  else if (summary)
    summarize(store, sweep);
  else if (!put.empty())
    put_outputs(store, sweep, put);
  else
    train_point(store_arguments, store, sweep, training::require_point(sweep, point));
  return 0;
}

}  // namespace trainyard::cli
