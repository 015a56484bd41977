#include "cli/report_undeclared.hpp"

#include <unistd.h>

#include <cstdio>

#include "base/terminal.hpp"
#include "cli/run_container.hpp"
#include "store/work_folder.hpp"
#include "training/observed_run.hpp"

namespace trainyard::cli {

int report_undeclared(const StoreArguments& store_arguments, const store::Store& store,
                      const training::RunSpec& spec) {
  const store::WorkFolder work(store);
  const auto engine = store_arguments.make_engine(store);  // its end comes before the folder's
  const training::ObservedRun run = training::observe_run(
      store, *engine, spec, work,
      [](const std::string& line) { std::fprintf(stderr, "%s\n", printable_line(line).c_str()); });
  const int code = run_container(*engine, run.container, STDERR_FILENO);
  const auto missing = training::missing_paths(spec, run);
  for (const training::MissingPath& one : missing)
    std::printf("%s: %s\n", printable_line(one.path).c_str(), printable_line(one.advice).c_str());
  if (missing.empty())
    std::fprintf(stderr, "[%s] found all that it looked for below %s\n", spec.name.c_str(),
                 spec.working_directory.c_str());
  training::remove_observed_run(*engine, work);
  return code;
}

}  // namespace trainyard::cli
