#include <cstdio>

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "base/text_file.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "report/run_list.hpp"
#include "store/step_records.hpp"
#include "training/assertion.hpp"
#include "training/lost_results.hpp"
#include "training/metrics_file.hpp"
#include "training/training_run.hpp"

namespace trainyard::cli {

namespace {

using report::metric_text;

constexpr const char* k_good_runs = "good-runs";  ///< the kind of fact

struct AssertArguments {
  std::string spec_file, result, baseline, tolerance;
  std::vector<std::string> assertions;
};

void add_options(CLI::App& app, AssertArguments& arguments) {
  app.add_option("--spec", arguments.spec_file, "The run's spec file")
      ->required()
      ->type_name("FILE");
  app.add_option("--result", arguments.result, "The run's result file")
      ->required()
      ->type_name("FILE");
  app.add_option("--baseline", arguments.baseline,
                 "Metrics to compare with: JSON, JSON lines or CSV")
      ->type_name("FILE");
  app.add_option("--tolerance", arguments.tolerance,
                 "How far each metric of the baseline may be from it: 0.01, or 1%")
      ->type_name("DISTANCE");
  app.add_option("assertions", arguments.assertions,
                 "Such as \"accuracy>=0.95\" or \"abs(accuracy-baseline)<=0.01\"")
      ->type_name("ASSERTION...");
}

/// CTest takes what stands between these tags into Test.xml.
void print_measurement(const std::string& name, double value) {
  std::printf("<CTestMeasurement type=\"numeric/double\" name=\"%s\">%s</CTestMeasurement>\n",
              name.c_str(), metric_text(value).c_str());
}

training::Metrics read_baseline(const AssertArguments& arguments) {
  if (arguments.baseline.empty()) {
    if (!arguments.tolerance.empty())
      throw usage_error("checking", "--tolerance " + arguments.tolerance,
                        "there is no baseline to be near", "give it with --baseline FILE");
    return {};
  }
  const fs::path file = absolute_normal(arguments.baseline);
  if (!fs::exists(file))
    throw usage_error("reading the baseline", file.string(), "there is no such file",
                      "copy the metrics of a run that you call good there");
  return training::parse_metrics(read_text(file), file.string());
}

std::vector<training::AssertionResult> check(const AssertArguments& arguments,
                                             const training::Metrics& metrics) {
  const training::Metrics baseline = read_baseline(arguments);
  std::vector<training::AssertionResult> results;
  for (const std::string& assertion : arguments.assertions)
    results.push_back(training::check_assertion(assertion, metrics, baseline));
  if (!arguments.tolerance.empty())
    for (auto& one : training::check_baseline(metrics, baseline, arguments.tolerance))
      results.push_back(std::move(one));
  return results;
}

/// The run that last held what is asked here of this target.
class LastGoodRun {
 public:
  LastGoodRun(const store::Store& store, const training::RunSpec& spec,
              const AssertArguments& arguments)
      : store_(store) {
    std::string identity = "good 1\n" + spec.build_dir.native() + "\n" + spec.name + "\n" +
                           arguments.result + "\n" + arguments.baseline + "\n" +
                           arguments.tolerance;
    for (const std::string& assertion : arguments.assertions) identity += "\n" + assertion;
    key_ = sha256_hex(identity);
  }

  void keep(const std::string& run) const {
    if (store::find_fact(store_, k_good_runs, key_) != run)
      store::put_fact(store_, k_good_runs, key_, run);
  }
  /// Prints how to compare it with another one.
  void show(const std::string& run) const {
    const auto good = store::find_fact(store_, k_good_runs, key_);
    if (!good || *good == run || !store::find_run(store_, *good)) return;
    std::printf("the last good run was %s: trainyard metrics diff %s %s\n",
                good->substr(0, 12).c_str(), good->substr(0, 12).c_str(),
                run.substr(0, 12).c_str());
  }

 private:
  const store::Store& store_;
  std::string key_;
};

}  // namespace

int assert_command(const std::vector<std::string>& words) {
  CLI::App app("Checks a run's metrics; exit code 1 when one does not hold.", "assert");
  AssertArguments arguments;
  add_options(app, arguments);
  const StoreArguments store_arguments(app, StoreArguments::Engine::without);
  if (!parse(app, words)) return 0;

  const training::RunSpec spec = training::read_run_spec(absolute_normal(arguments.spec_file));
  const store::Store store = store_arguments.open_store();
  const store::RunRecord record =
      training::require_finished_run(store, spec, arguments.result, training::LookAt::sizes);
  for (const auto& [name, value] : record.metrics) print_measurement(name, value);
  bool all_hold = true;
  for (const training::AssertionResult& outcome : check(arguments, record.metrics)) {
    std::printf("%s  %s %s %s: it is %s (run %s of %s)\n", outcome.holds ? "holds " : "FAILS ",
                outcome.metric.c_str(), outcome.op.c_str(), metric_text(outcome.bound).c_str(),
                metric_text(outcome.value).c_str(), record.key.substr(0, 12).c_str(),
                spec.name.c_str());
    all_hold = all_hold && outcome.holds;
  }
  const LastGoodRun last_good(store, spec, arguments);
  if (all_hold)
    last_good.keep(record.key);
  else
    last_good.show(record.key);
  return static_cast<int>(all_hold ? ExitCode::done : ExitCode::failed);
}

}  // namespace trainyard::cli
