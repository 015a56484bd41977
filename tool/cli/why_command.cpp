#include "build/forecast.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/last_request.hpp"
#include "report/forecast_table.hpp"
#include "store/last_use.hpp"

namespace trainyard::cli {

int why_command(const std::vector<std::string>& words) {
  CLI::App app(
      "Says which steps of an image a build would make again, and for what: the first input that "
      "differs from the last build, and how long each took then. Builds nothing.",
      "why");
  std::string name;
  bool json = false;
  app.add_option("image", name, "A target of a build tree, or a tag")
      ->required()
      ->type_name("IMAGE");
  app.add_flag("--json", json, "As JSON");
  const StoreArguments store_arguments(app, StoreArguments::Engine::with);
  if (!parse(app, words)) return 0;

  const store::Store store = store_arguments.open_store();
  const auto engine = store_arguments.make_engine(store);
  const store::Visit visit(store);
  const build::BuildRequest request = last_request(store, name);
  report::show_forecast(request.name, build::forecast_build(store, *engine, request),
                        json ? report::Format::json : report::Format::text);
  return 0;
}

}  // namespace trainyard::cli
