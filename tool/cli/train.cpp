#include "cli/train.hpp"

#include <unistd.h>

#include <cstdio>

#include "base/error.hpp"
#include "base/quantity.hpp"
#include "base/terminal.hpp"
#include "cli/confirm_training.hpp"
#include "cli/depfile.hpp"
#include "cli/report_undeclared.hpp"
#include "cli/request_options.hpp"
#include "report/run_list.hpp"
#include "report/training_progress.hpp"
#include "store/roots.hpp"
#include "training/result_file.hpp"
#include "training/sweep_spec.hpp"
#include "training/training_run.hpp"

namespace trainyard::cli {

void TrainArguments::add_to(CLI::App& app) {
  app.add_option("--spec", spec, "A training run's spec file: what a build graph calls")
      ->type_name("FILE");
  app.add_option("--result", result, "Where to write the run's key and result digest")
      ->type_name("FILE");
  app.add_option("--depfile", depfile, "Where to write what the run read")->type_name("FILE");
  app.add_option("-S,--set", values,
                 "Another value for a parameter of a training run: trainyard run -S rate=0.2 RUN; "
                 "its result goes to the store alone")
      ->type_name("K=V")
      ->allow_extra_args(false);
  app.add_flag("--detach", detach,
               "Start a training run and leave it: trainyard run --detach RUN; a build finds its "
               "result, logs -f, ps and stop find it");
  app.add_flag(
      "--from-scratch", from_scratch,
      "Throw away the checkpoints of unfinished tries of a training run, and begin with no "
      "other run's: trainyard run --from-scratch RUN");
  app.add_flag("--report-undeclared", report_undeclared,
               "Run the command of a training run once, for nothing, and list what it looked for "
               "below its working folder and did not find: trainyard run --report-undeclared RUN");
  app.add_option("--stamp", stamp, "File to touch when all is done; the depfile's target")
      ->type_name("FILE");
}

namespace {

/// "accuracy 0.9694  loss 0.1022"
std::string metrics_text(const std::map<std::string, double>& metrics) {
  std::string text;
  for (const auto& [name, value] : metrics)
    text += (text.empty() ? "" : "  ") + name + " " + report::metric_text(value);
  return text;
}

/// The command line and the parameters: where a total such as "--epochs 30" may stand.
std::vector<std::string> words_of(const training::RunSpec& spec) {
  std::vector<std::string> words = spec.command;
  for (const auto& [name, value] : spec.parameters) words.push_back(name + "=" + value);
  return words;
}

training::RunSpec named_spec(const store::Store& store, const TrainArguments& arguments,
                             const std::vector<std::string>& positionals) {
  if (!arguments.spec.empty()) return training::read_run_spec(absolute_normal(arguments.spec));
  if (positionals.size() != 1)
    throw usage_error(
        "reading", "the arguments of \"trainyard run\"",
        "with -S, --detach, --from-scratch or --report-undeclared one training run is named, and "
        "nothing behind it",
        "trainyard run -S rate=0.2 train_model");
  const auto root = store::find_root(store, store::TargetKind::run, positionals.front());
  if (!root)
    throw usage_error("looking up", positionals.front(), "no build tree has a run of this name",
                      "build it once; a container of an image ends with the tool: put that in the "
                      "background with & or systemd-run");
  return training::read_rooted_spec(*root);
}

}  // namespace

std::string outcome_line(const training::RunSpec& spec, const training::RunOutcome& outcome) {
  std::string text = "[" + spec.name + "] ";
  text += outcome.cached ? "cached; it took " : "trained in ";
  text += format_duration(outcome.record.seconds);
  const std::string metrics = metrics_text(outcome.record.metrics);
  if (!metrics.empty()) text += "  " + printable_line(metrics);
  return text + "\n";
}

training::RunOutcome train_and_show(const store::Store& store, const training::RunSpec& spec) {
  report::TrainingProgress progress(spec.name, words_of(spec));
  training::RunEvents events;
  events.note = [&progress](const std::string& line) { progress.note(line); };
  events.metrics = [&progress](const auto& values) { progress.metrics(values); };
  events.log = [&progress](std::string_view bytes) { progress.output(bytes); };
  return training::run_training(store, spec, events);
}

int train_from_spec(const StoreArguments& store_arguments, const TrainArguments& arguments,
                    const std::vector<std::string>& positionals) {
  const store::Store store = store_arguments.open_store();
  training::RunSpec spec = named_spec(store, arguments, positionals);
  for (const std::string& text : arguments.values) {
    const auto [name, value] = split_assignment(text, "-S");
    training::set_parameter(spec, name, value);
  }
  spec.from_scratch = arguments.from_scratch;
  store_arguments.export_runtime();
  if (arguments.report_undeclared) return report_undeclared(store_arguments, store, spec);
  confirm_training(store, spec);
  if (arguments.detach) {
    const bool started = training::detach_training(store, spec);
    std::fprintf(stderr,
                 started ? "[%s] is going on; follow it with: trainyard logs -f %s\n"
                         : "[%s] is in the store already\n",
                 spec.name.c_str(), spec.name.c_str());
    return 0;
  }
  const training::RunOutcome outcome = train_and_show(store, spec);
  if (!arguments.result.empty()) training::write_result_file(arguments.result, outcome.record);
  if (!arguments.depfile.empty()) {
    // The spec too: Ninja takes a depfile without prerequisites for a missing one.
    std::vector<std::string> read(outcome.read.begin(), outcome.read.end());
    read.push_back(spec.file.string());
    write_depfile(absolute_normal(arguments.depfile),
                  arguments.stamp.empty() ? arguments.result : arguments.stamp, read);
  }
  if (!arguments.stamp.empty()) touch(arguments.stamp);
  std::fputs(outcome_line(spec, outcome).c_str(), stderr);
  return 0;
}

}  // namespace trainyard::cli
