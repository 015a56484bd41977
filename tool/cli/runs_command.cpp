#include <algorithm>
#include <cstdio>
#include <set>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "report/run_list.hpp"
#include "store/roots.hpp"
#include "store/run_records.hpp"

namespace trainyard::cli {

namespace {

struct RunsArguments {
  std::string target, sort;
  std::vector<std::string> conditions;
  bool reverse = false;
  bool json = false;
  bool csv = false;
};

void add_options(CLI::App& app, RunsArguments& arguments) {
  app.add_option("target", arguments.target, "Runs of this target alone; of a sweep all points")
      ->type_name("RUN");
  app.add_option(
         "--where", arguments.conditions,
         "Runs that this holds for: a metric, a parameter, or one of run, target, finished, "
         "seconds, ancestor, and a value: accuracy>=0.9; may be repeated")
      ->type_name("CONDITION")
      ->allow_extra_args(false);
  app.add_option("--sort", arguments.sort, "By a column, instead of the newest first")
      ->type_name("COLUMN");
  app.add_flag("-r,--reverse", arguments.reverse, "The other way round");
  app.add_flag("--json", arguments.json, "As JSON");
  app.add_flag("--csv", arguments.csv, "As comma-separated values");
}

/// A target, or the sweep that a point (tune/rate=0.1) belongs to.
bool belongs(const std::string& target, const std::string& wanted) {
  return target == wanted || target.starts_with(wanted + "/");
}

}  // namespace

int runs_command(const std::vector<std::string>& words) {
  CLI::App app(
      "Lists the finished runs in the store, with parameters and metrics. A star marks the present "
      "ones of build trees, a plus those that began with another run's checkpoints (EXTENDS).",
      "runs");
  RunsArguments arguments;
  add_options(app, arguments);
  const StoreArguments store_arguments(app, StoreArguments::Engine::without);
  if (!parse(app, words)) return 0;

  const store::Store store = store_arguments.open_store();
  std::set<std::string> current, of_target;
  for (const store::RootedTarget& root : store::list_roots(store)) {
    if (root.kind != store::TargetKind::run) continue;
    current.insert(root.value);
    if (belongs(root.target, arguments.target)) of_target.insert(root.value);
  }
  std::vector<report::RunRow> rows;
  for (const std::string& key : store::list_runs(store)) {
    const auto record = store::find_run(store, key);
    if (!record || (!arguments.target.empty() && !belongs(record->target, arguments.target) &&
                    !of_target.contains(key)))
      continue;
    const report::RunRow row = report::row_of(*record, current.contains(key));
    if (std::all_of(arguments.conditions.begin(), arguments.conditions.end(),
                    [&row](const std::string& one) { return report::fits(row, one); }))
      rows.push_back(row);
  }
  if (!arguments.sort.empty() && !rows.empty()) report::sort_runs(rows, arguments.sort);
  if (arguments.reverse) std::reverse(rows.begin(), rows.end());
  if (arguments.json)
    std::printf("%s\n", dump_json(report::run_list_json(rows), 2).c_str());
  else
    std::fputs(
        report::run_list(rows, arguments.csv ? report::RunListForm::csv : report::RunListForm::text)
            .c_str(),
        stdout);
  return 0;
}

}  // namespace trainyard::cli
