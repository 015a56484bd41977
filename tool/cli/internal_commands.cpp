#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/jobs.hpp"
#include "engine/native/native_engine.hpp"
#include "training/training_run.hpp"

namespace trainyard::cli {

int supervisor_command(const std::vector<std::string>&) {
  return engine::native::serve_supervisor(all_jobs());
}

int keeper_command(const std::vector<std::string>& words) {
  std::vector<std::string> arguments{"trainyard", "internal-keeper"};
  arguments.insert(arguments.end(), words.begin(), words.end());
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  return training::serve_keeper(make_native_engine_for, static_cast<int>(arguments.size()),
                                argv.data());
}

}  // namespace trainyard::cli
