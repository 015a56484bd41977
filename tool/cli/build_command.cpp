#include <cstdio>
#include <iostream>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/quantity.hpp"
#include "base/terminal.hpp"
#include "base/text_file.hpp"
#include "build/build_image.hpp"
#include "cli/arguments.hpp"
#include "cli/background_sync.hpp"
#include "cli/build_arg.hpp"
#include "cli/command.hpp"
#include "cli/depfile.hpp"
#include "cli/lint_request.hpp"
#include "lint/finding_text.hpp"
#include "report/build_progress.hpp"
#include "report/forecast_table.hpp"
#include "store/last_use.hpp"
#include "store/roots.hpp"
#include "store/work_folder.hpp"

namespace trainyard::cli {

namespace {

struct BuildArguments {
  std::string file, target, context, progress = "auto";
  std::vector<std::string> tags, build_args, build_contexts, secrets, ssh_agents, allowed;
  std::string spec, digest_file, depfile, stamp;
  bool no_cache = false;
  bool quiet = false;
  bool check = false;
  bool dry_run = false;
};

void add_options(CLI::App& app, BuildArguments& arguments) {
  app.add_option("-f,--file", arguments.file,
                 "Dockerfile (CONTEXT/Dockerfile); - reads standard input")
      ->type_name("FILE");
  app.add_option("-t,--tag", arguments.tags, "Name of the image: name[:tag]; may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false);
  app.add_option("--target", arguments.target, "Stage to build")->type_name("STAGE");
  app.add_option("--build-arg", arguments.build_args,
                 "K=V for ARG; K alone takes it from the environment")
      ->type_name("K=V")
      ->allow_extra_args(false);
  app.add_option("--build-context", arguments.build_contexts,
                 "name=folder, name=oci:folder[:tag] or name=image in the store")
      ->type_name("NAME=SOURCE")
      ->allow_extra_args(false);
  app.add_option("--secret", arguments.secrets,
                 "id=NAME,src=FILE or id=NAME,env=VARIABLE: a secret for steps that mount it")
      ->type_name("SECRET")
      ->allow_extra_args(false);
  app.add_option("--ssh", arguments.ssh_agents,
                 "default, ID=SOCKET or ID=KEYFILE: an ssh-agent for steps that mount it")
      ->type_name("AGENT")
      ->allow_extra_args(false);
  app.add_option("--allow", arguments.allowed,
                 "What RUN may ask for: security.insecure is a step without restrictions")
      ->type_name("security.insecure|network.host")
      ->allow_extra_args(false);
  app.add_flag("--no-cache", arguments.no_cache, "Execute every step");
  app.add_flag("--dry-run", arguments.dry_run,
               "Say what would be built, and why, without building");
  app.add_option("--progress", arguments.progress, "How to show what happens")
      ->type_name("auto|plain|json|quiet");
  app.add_flag("--check", arguments.check,
               "Check the Dockerfile and build nothing; trainyard lint says more");
  app.add_flag("-q,--quiet", arguments.quiet, "Print the image's digest alone");
  app.add_option("--spec", arguments.spec,
                 "A spec file instead of all of these: what a build graph calls")
      ->type_name("FILE");
  app.add_option("--digest-file,--iidfile", arguments.digest_file,
                 "Where to write the digest; left alone when it is the same")
      ->type_name("FILE");
  app.add_option("--depfile", arguments.depfile, "Where to write what the build read")
      ->type_name("FILE");
  app.add_option("--stamp", arguments.stamp, "File to touch when all is done; the depfile's target")
      ->type_name("FILE");
  app.add_option("context", arguments.context, "The context: a folder")->type_name("CONTEXT");
}

build::BuildRequest request_of(const BuildArguments& arguments) {
  if (arguments.context.empty())
    throw usage_error("reading", "the arguments of \"trainyard build\"", "the context is missing",
                      "name the folder to build from: trainyard build .");
  build::BuildRequest request;
  request.context = absolute_normal(arguments.context);
  if (!fs::is_directory(request.context))
    throw usage_error("reading the context", request.context.string(), "it is not a folder");
  if (arguments.file == "-")
    request.dockerfile_text = std::string(std::istreambuf_iterator<char>(std::cin), {});
  else
    request.dockerfile =
        arguments.file.empty() ? request.context / "Dockerfile" : absolute_normal(arguments.file);
  request.stage = arguments.target;
  request.no_cache = arguments.no_cache;
  for (const std::string& tag : arguments.tags) request.tags.push_back(oci::Reference::parse(tag));
  add_build_args(arguments.build_args, request);
  add_build_contexts(arguments.build_contexts, request);
  for (const std::string& text : arguments.secrets)
    request.secrets.insert(build::parse_secret(text, "--secret"));
  for (const std::string& text : arguments.ssh_agents)
    request.ssh_agents.insert(build::parse_ssh_agent(text, "--ssh"));
  for (const std::string& text : arguments.allowed)
    request.allowed.insert(build::parse_entitlement(text, "--allow"));
  if (!request.tags.empty())
    request.name = request.tags.front().name;
  else
    request.name = request.context.filename().string();
  if (request.dockerfile && arguments.file.empty())
    read_text_within(request.context,
                     "Dockerfile");  // the context's own: it may not lead out of it
  if (request.dockerfile && !fs::exists(*request.dockerfile))
    throw usage_error("reading", request.dockerfile->string(), "there is no such Dockerfile",
                      "name it with -f FILE");
  return request;
}

void write_edge_files(const BuildArguments& arguments, const build::BuildResult& result) {
  if (!arguments.digest_file.empty())
    write_file_if_changed(arguments.digest_file, result.image.digest.str() + "\n");
  if (!arguments.depfile.empty()) {
    const fs::path target = arguments.stamp.empty() ? arguments.digest_file : arguments.stamp;
    write_depfile(absolute_normal(arguments.depfile), target, result.read);
  }
  if (!arguments.stamp.empty()) touch(arguments.stamp);
}

/// JSON lines alone then: programs read them from standard error.
bool is_json(const BuildArguments& arguments) {
  return arguments.progress == "json" && !arguments.quiet;
}

void print_warnings(const BuildArguments& arguments, const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings)
    std::fputs(is_json(arguments)
                   ? (dump_json({{"event", "warning"}, {"text", warning}}) + "\n").c_str()
                   : warning.c_str(),
               stderr);
}

void report_result(const BuildArguments& arguments, const std::string& name,
                   const build::BuildResult& result) {
  print_warnings(arguments, result.warnings);
  if (arguments.quiet ||
      (arguments.spec.empty() && inspect_terminal(STDOUT_FILENO).is_terminal == false))
    std::printf("%s\n", result.image.digest.str().c_str());
  if (arguments.quiet || is_json(arguments)) return;
  std::fprintf(stderr, "%s  %s  %s in %zu layer%s, %d of %d steps cached\n", name.c_str(),
               result.image.digest.str().c_str(), format_bytes(result.image.size).c_str(),
               result.image.manifest.layers.size(),
               result.image.manifest.layers.size() == 1 ? "" : "s", result.cached, result.steps);
}

}  // namespace

int build_command(const std::vector<std::string>& words) {
  CLI::App app(
      "Builds an image, step by step, from a Dockerfile. Steps whose inputs are as before are not "
      "done again.",
      "build");
  BuildArguments arguments;
  add_options(app, arguments);
  const StoreArguments store_arguments(app, StoreArguments::Engine::with);
  if (!parse(app, words)) return 0;

  const report::ProgressStyle style = arguments.quiet
                                          ? report::ProgressStyle::quiet
                                          : report::parse_progress_style(arguments.progress);
  std::optional<build::ImageSpec> spec;
  if (!arguments.spec.empty()) spec = build::read_image_spec(absolute_normal(arguments.spec));
  const build::BuildRequest request = spec ? spec->request : request_of(arguments);

  if (arguments.check) {
    const lint::Checked checked =
        check_file(request, store_arguments.open_store_if_any(), lint::RuleSet::build);
    for (const lint::Finding& finding : checked.report.findings)
      std::fputs(lint::as_text(checked.file, finding).c_str(), stdout);
    return checked.report.clean() ? 0 : 1;
  }
  const store::Store store = store_arguments.open_store();
  const auto engine = store_arguments.make_engine(store);
  const store::Visit visit(store);
  if (arguments.dry_run) {
    report::show_forecast(request.name, build::forecast_build(store, *engine, request),
                          is_json(arguments) ? report::Format::json : report::Format::text);
    return 0;
  }
  report::BuildProgress progress(style);
  std::vector<std::string> remarks;
  const auto review = [&](const build::Plan& plan) { review_plan(plan, request, remarks); };
  const build::BuildResult result = [&] {
    try {
      return build::build_image(store, *engine, request, progress.receiver(), review);
    } catch (...) {
      progress.close();
      print_warnings(arguments, remarks);  // they may tell why it failed
      throw;
    }
  }();
  progress.close();
  print_warnings(arguments, remarks);
  if (spec)
    store::put_root(store, {store::TargetKind::image,
                            request.name,
                            spec->build_dir,
                            result.image.digest.str(),
                            absolute_normal(arguments.spec),
                            {}});
  write_edge_files(arguments, result);
  report_result(arguments, request.name, result);
  if (result.cached < result.steps) {
    store::sweep(store, *engine);
    sync_or_start_sync(store, result.written);
  }
  return 0;
}

}  // namespace trainyard::cli
