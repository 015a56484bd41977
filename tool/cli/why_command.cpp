#include <cstdio>

#include "base/quantity.hpp"
#include "build/forecast.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/last_request.hpp"
#include "report/forecast_table.hpp"
#include "store/last_use.hpp"
#include "store/roots.hpp"
#include "training/rerun_reason.hpp"
#include "training/sweep_spec.hpp"

namespace trainyard::cli {

namespace {

int show_run(const store::Store& store, const store::RootedTarget& root, bool json) {
  const training::RunForecast forecast =
      training::forecast_run(store, training::read_rooted_spec(root));
  if (json) {
    Json told = {{"run", root.target},
                 {"key", forecast.key},
                 {"in_store", forecast.in_store},
                 {"reason", forecast.reason},
                 {"continues", forecast.continues}};
    if (forecast.last_seconds) told["last_seconds"] = *forecast.last_seconds;
    std::printf("%s\n", dump_json(told, 2).c_str());
    return 0;
  }
  std::string text = root.target + ": ";
  if (forecast.in_store)
    text += "in the store; it took " + format_duration(*forecast.last_seconds);
  else if (!forecast.last_seconds)
    text += "to be run: no run of it has ended well yet";
  else
    text += "to be run: " + forecast.reason + "; the last run took " +
            format_duration(*forecast.last_seconds);
  if (!forecast.continues.empty()) text += "; continues " + forecast.continues;
  std::printf("%s\n", text.c_str());
  return 0;
}

}  // namespace

int why_command(const std::vector<std::string>& words) {
  CLI::App app(
      "Says which steps of an image a build would make again, or whether a run would run again, "
      "and "
      "for what: the first input that differs from the last time, and how long it took then. "
      "Builds "
      "and runs nothing.",
      "why");
  std::string name;
  bool json = false;
  app.add_option("target", name, "An image's or a run's target of a build tree, or an image's tag")
      ->required()
      ->type_name("IMAGE|RUN");
  app.add_flag("--json", json, "As JSON");
  const StoreArguments store_arguments(app, StoreArguments::Engine::with);
  if (!parse(app, words)) return 0;

  const store::Store store = store_arguments.open_store();
  if (const auto run = store::find_root(store, store::TargetKind::run, name)) {
    const store::Visit visit(store);
    return show_run(store, *run, json);
  }
  const auto engine = store_arguments.make_engine(store);
  const store::Visit visit(store);
  const build::BuildRequest request = last_request(store, name);
  report::show_forecast(request.name, build::forecast_build(store, *engine, request),
                        json ? report::Format::json : report::Format::text);
  return 0;
}

}  // namespace trainyard::cli
