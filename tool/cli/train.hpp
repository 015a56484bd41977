#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/arguments.hpp"
#include "training/training_run.hpp"

namespace trainyard::cli {

/// What a build graph's training edge says: --spec, --result, --depfile, --stamp; and -S, a trial
/// with other parameters, or --detach.
struct TrainArguments {
  std::string spec, result, depfile, stamp;
  std::vector<std::string> values;
  bool detach = false;
  bool from_scratch = false;
  bool report_undeclared = false;
  void add_to(CLI::App& app);
  bool given() const {
    return !spec.empty() || !values.empty() || detach || from_scratch || report_undeclared;
  }
};

/// Runs it, or finds it in the store, with its output and progress on the terminal.
training::RunOutcome train_and_show(const store::Store& store, const training::RunSpec& spec);

/// "[train_model] trained in 41.2 s  accuracy 0.9694", with a line's end.
std::string outcome_line(const training::RunSpec& spec, const training::RunOutcome& outcome);

/// One training run from its spec, or from that of the run that `positionals` name alone: found in
/// the store, or trained.
int train_from_spec(const StoreArguments& store_arguments, const TrainArguments& arguments,
                    const std::vector<std::string>& positionals);

}  // namespace trainyard::cli
