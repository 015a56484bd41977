#include <cstdio>

#include "base/error.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "training/lost_results.hpp"
#include "training/training_run.hpp"

namespace trainyard::cli {

namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

/// CTest takes what stands between these tags into Test.xml.
void print_measurement(const std::string& name, double value) {
  std::printf("<CTestMeasurement type=\"numeric/double\" name=\"%s\">%s</CTestMeasurement>\n",
              name.c_str(), number(value).c_str());
}

}  // namespace

int assert_command(const std::vector<std::string>& words) {
  CLI::App app("Checks a run's metrics; exit code 1 when one does not hold.", "assert");
  std::string spec_file, result;
  std::vector<std::string> assertions;
  app.add_option("--spec", spec_file, "The run's spec file")->required()->type_name("FILE");
  app.add_option("--result", result, "The run's result file")->required()->type_name("FILE");
  app.add_option("assertions", assertions, "Such as \"accuracy>=0.95\"")->type_name("ASSERTION...");
  const StoreArguments store_arguments(app, StoreArguments::Engine::without);
  if (!parse(app, words)) return 0;

  const training::RunSpec spec = training::read_run_spec(absolute_normal(spec_file));
  const store::RunRecord record = training::require_finished_run(store_arguments.open_store(), spec,
                                                                 result, training::LookAt::sizes);
  for (const auto& [name, value] : record.metrics) print_measurement(name, value);
  int failures = 0;
  for (const std::string& assertion : assertions) {
    const training::AssertionResult outcome = training::check_assertion(assertion, record.metrics);
    std::printf("%s  %s %s %s: it is %s (run %s of %s)\n", outcome.holds ? "holds " : "FAILS ",
                outcome.metric.c_str(), outcome.op.c_str(), number(outcome.bound).c_str(),
                number(outcome.value).c_str(), record.key.substr(0, 12).c_str(), spec.name.c_str());
    if (!outcome.holds) ++failures;
  }
  return static_cast<int>(failures == 0 ? ExitCode::done : ExitCode::failed);
}

}  // namespace trainyard::cli
