#include <cstdio>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "store/last_use.hpp"
#include "training/lost_results.hpp"
#include "training/training_run.hpp"

namespace trainyard::cli {

int restore_command(const std::vector<std::string>& words) {
  CLI::App app("Puts the outputs of a finished run in the build tree, each moved in whole.",
               "restore");
  std::string spec_file, result;
  app.add_option("--spec", spec_file, "The run's spec file")->required()->type_name("FILE");
  app.add_option("--result", result, "The run's result file")->required()->type_name("FILE");
  const StoreArguments store_arguments(app, StoreArguments::Engine::without);
  if (!parse(app, words)) return 0;

  const training::RunSpec spec = training::read_run_spec(absolute_normal(spec_file));
  const store::Store store = store_arguments.open_store();
  const store::Visit visit(store);
  const store::RunRecord record =
      training::require_finished_run(store, spec, result, training::LookAt::content);
  training::restore_outputs(store, spec, record.key);
  return 0;
}

}  // namespace trainyard::cli
