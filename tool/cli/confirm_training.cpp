#include "cli/confirm_training.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "base/error.hpp"
#include "base/lock_file.hpp"
#include "base/quantity.hpp"
#include "store/last_use.hpp"
#include "store/run_records.hpp"
#include "training/rerun_reason.hpp"

namespace trainyard::cli {

namespace {

constexpr const char* k_variable = "TRAINYARD_CONFIRM_ABOVE";

bool ask(const std::string& name, const std::string& cause) {
  std::fprintf(stderr, "[%s] %s\nRun it? [y/N] ", name.c_str(), cause.c_str());
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace

void confirm_training(const store::Store& store, const training::RunSpec& spec) {
  const char* given = std::getenv(k_variable);
  if (given == nullptr || *given == '\0') return;
  const double limit = static_cast<double>(parse_duration(given, k_variable)) / 1e9;
  const store::Visit visit(store);
  const training::RunForecast forecast = training::forecast_run(store, spec);
  if (forecast.in_store || !forecast.last_seconds || *forecast.last_seconds <= limit) return;
  if (LockFile::is_held(store::run_lock(store::run_folder(store, forecast.key)))) return;
  const std::string cause = "the last run took " + format_duration(*forecast.last_seconds) +
                            ", and it would run again: " + forecast.reason;
  if (::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1) {
    if (ask(spec.name, cause)) return;
    throw Error("training", spec.name, "the answer was no",
                "trainyard why " + spec.name + " says what has changed", ExitCode::failed);
  }
  throw Error("training", spec.name, cause + ", and " + k_variable + " is " + given,
              "to run it: " + std::string(k_variable) + "= cmake --build " +
                  spec.build_dir.string() + " --target " + spec.name.substr(0, spec.name.find('/')),
              ExitCode::failed);
}

}  // namespace trainyard::cli
