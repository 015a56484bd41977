#include <unistd.h>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "store/roots.hpp"
#include "training/training_log.hpp"

namespace trainyard::cli {

int logs_command(const std::vector<std::string>& words) {
  CLI::App app("Prints what a run's command printed.", "logs");
  std::string name;
  bool follow = false;
  app.add_option("run", name, "A target, target@build-dir, a key's beginning, or an output's path")
      ->required()
      ->type_name("RUN");
  app.add_flag("-f,--follow", follow, "Go on until the run ends");
  const StoreArguments store_arguments(app, StoreArguments::Engine::without);
  if (!parse(app, words)) return 0;

  const store::Store store = store_arguments.open_store();
  training::show_training_log(
      store, store::require_run_key(store, name),
      follow ? training::LogMode::follow : training::LogMode::read,
      [](std::string_view bytes) { write_all(STDOUT_FILENO, bytes, "standard output"); });
  return 0;
}

}  // namespace trainyard::cli
