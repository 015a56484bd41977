#include <cstdio>

#include "base/error.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "store/roots.hpp"
#include "training/run_control.hpp"

namespace trainyard::cli {

int stop_command(const std::vector<std::string>& words) {
  CLI::App app(
      "Stops training runs, whoever waits for them: SIGTERM, after TRAINYARD_GRACE (10 s) SIGKILL.",
      "stop");
  std::vector<std::string> names;
  app.add_option("runs", names, "A target, target@build-dir, or a key's beginning")
      ->required()
      ->type_name("RUN");
  const StoreArguments store_arguments(app, StoreArguments::Engine::without);
  if (!parse(app, words)) return 0;

  const store::Store store = store_arguments.open_store();
  for (const std::string& name : names)
    if (!training::stop_run(store, store::require_run_key(store, name)))
      throw usage_error("stopping", name, "it is not going on", "trainyard ps lists what is");
  return 0;
}

}  // namespace trainyard::cli
