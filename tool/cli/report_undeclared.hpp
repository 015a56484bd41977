#pragma once

#include "cli/arguments.hpp"
#include "training/training_run.hpp"

namespace trainyard::cli {

/// Runs the command of a training run once, for nothing, and prints what it looked for below its
/// working folder and did not find: a line a path. What it prints itself goes to standard error.
/// Returns its exit code.
int report_undeclared(const StoreArguments& store_arguments, const store::Store& store,
                      const training::RunSpec& spec);

}  // namespace trainyard::cli
