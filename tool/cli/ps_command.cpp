#include <cstdio>

#include "base/json.hpp"
#include "base/quantity.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "report/table.hpp"
#include "training/run_control.hpp"

namespace trainyard::cli {

int ps_command(const std::vector<std::string>& words) {
  CLI::App app("Lists the training runs that are going on.", "ps");
  bool json = false;
  app.add_flag("--json", json, "As JSON");
  const StoreArguments store_arguments(app, StoreArguments::Engine::without);
  if (!parse(app, words)) return 0;

  report::Table table({"RUN", "TARGET", "FOR", "WAITING"});
  Json list = Json::array();
  for (const training::RunningRun& run : training::list_running(store_arguments.open_store())) {
    list.push_back({{"run", run.key},
                    {"target", run.target},
                    {"seconds", run.seconds},
                    {"attached", run.attached},
                    {"detached", run.detached},
                    {"waiting_for", run.waiting_for}});
    std::string waiting =
        run.detached && run.attached == 0 ? "nobody: detached" : std::to_string(run.attached);
    if (!run.waiting_for.empty()) waiting += "; it is " + run.waiting_for;
    table.add({run.key.substr(0, 12), run.target, format_duration(run.seconds), waiting});
  }
  if (json)
    std::printf("%s\n", dump_json(list, 2).c_str());
  else
    std::fputs(table.render().c_str(), stdout);
  return 0;
}

}  // namespace trainyard::cli
