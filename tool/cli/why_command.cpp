#include "base/error.hpp"
#include "base/spelling.hpp"
#include "build/build_note.hpp"
#include "build/forecast.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "report/forecast_table.hpp"
#include "store/last_use.hpp"
#include "store/roots.hpp"

namespace trainyard::cli {

namespace {

/// A target of a build tree is built by its spec; an image with a tag as it was the last time.
build::BuildRequest request_called(const store::Store& store, const std::string& name) {
  if (const auto root = store::find_root(store, store::TargetKind::image, name)) {
    if (!fs::exists(root->spec))
      throw usage_error("looking up", name, root->spec.string() + " is gone",
                        "configure the build tree again");
    return build::read_image_spec(root->spec).request;
  }
  const auto request = build::find_request_of_tag(store, oci::Reference::parse(name));
  if (request && request->dockerfile && !fs::exists(*request->dockerfile))
    throw usage_error("looking up", name, request->dockerfile->string() + " is gone",
                      "it was built from there the last time");
  if (request && (request->dockerfile || request->dockerfile_text)) return *request;
  std::vector<std::string> names;
  for (const store::RootedTarget& root : store::list_roots(store))
    if (root.kind == store::TargetKind::image) names.push_back(root.target);
  throw usage_error("looking up", name, "no build of an image is known by this name",
                    suggestion(name, names).empty()
                        ? "name a target of a build tree or the first tag of an image that was "
                          "built here; or ask before a build: trainyard build --dry-run CONTEXT"
                        : suggestion(name, names));
}

}  // namespace

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
  const build::BuildRequest request = request_called(store, name);
  report::show_forecast(request.name, build::forecast_build(store, *engine, request),
                        json ? report::Format::json : report::Format::text);
  return 0;
}

}  // namespace trainyard::cli
