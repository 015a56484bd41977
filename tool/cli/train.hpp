#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/arguments.hpp"

namespace trainyard::cli {

/// What a build graph's training edge says: --spec, --result, --depfile, --stamp.
struct TrainArguments {
  std::string spec, result, depfile, stamp;
  void add_to(CLI::App& app);
  bool given() const { return !spec.empty(); }
};

/// One training run from its spec: found in the store, or trained.
int train_from_spec(const StoreArguments& store_arguments, const TrainArguments& arguments);

}  // namespace trainyard::cli
