#include <cstdio>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/quantity.hpp"
#include "base/terminal.hpp"
#include "build/build_image.hpp"
#include "build/verification.hpp"
#include "cli/arguments.hpp"
#include "cli/background_sync.hpp"
#include "cli/build_context.hpp"
#include "cli/build_options.hpp"
#include "cli/command.hpp"
#include "cli/depfile.hpp"
#include "cli/docker_build_options.hpp"
#include "cli/lint_request.hpp"
#include "lint/finding_text.hpp"
#include "report/build_progress.hpp"
#include "report/forecast_table.hpp"
#include "report/verification_text.hpp"
#include "store/last_use.hpp"
#include "store/roots.hpp"
#include "store/work_folder.hpp"

namespace trainyard::cli {

namespace {

struct BuildArguments {
  BuildOptions request;
  std::string context, progress = "auto";
  std::string spec, digest_file, metadata_file, depfile, stamp;
  bool quiet = false;
  bool check = false;
  bool dry_run = false;
  bool verify = false;
};

void add_options(CLI::App& app, BuildArguments& arguments) {
  arguments.request.add_to(app);
  app.add_flag("--dry-run", arguments.dry_run,
               "Say what would be built, and why, without building");
  app.add_flag("--verify", arguments.verify,
               "Build twice from nothing and say what differs: exit code 1 then");
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
  app.add_option("--metadata-file", arguments.metadata_file,
                 "Where to write digests and names as JSON")
      ->type_name("FILE");
  app.add_option("--depfile", arguments.depfile, "Where to write what the build read")
      ->type_name("FILE");
  app.add_option("--stamp", arguments.stamp, "File to touch when all is done; the depfile's target")
      ->type_name("FILE");
  app.add_option(
         "context", arguments.context,
         "The context: a folder, a git repository, an archive's URL, or - for standard input")
      ->type_name("CONTEXT");
}

build::BuildRequest request_of(const BuildArguments& arguments) {
  build::BuildRequest request = request_of_context(arguments.context, arguments.request.file());
  arguments.request.apply(request);
  if (!request.tags.empty()) request.name = request.tags.front().name;
  require_dockerfile(request, arguments.request.file());
  return request;
}

/// As buildx has it.
void write_metadata(const fs::path& file, const build::BuildRequest& request,
                    const store::Image& image) {
  std::string names;
  for (const oci::Reference& tag : request.tags) names += (names.empty() ? "" : ",") + tag.str();
  Json json = {{"containerimage.digest", image.digest.str()},
               {"containerimage.config.digest", image.manifest.config.digest.str()}};
  if (!names.empty()) json["image.name"] = names;
  write_file_atomic(file, dump_json(json, 2) + "\n");
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
  if (!parse(app, words, docker_build_options())) return 0;

  const report::ProgressStyle style = arguments.quiet
                                          ? report::ProgressStyle::quiet
                                          : report::parse_progress_style(arguments.progress);
  std::optional<build::ImageSpec> spec;
  if (!arguments.spec.empty()) spec = build::read_image_spec(absolute_normal(arguments.spec));
  const build::BuildRequest request = spec ? spec->request : request_of(arguments);

  if (arguments.check) {
    const lint::Checked checked = check_request(request, store_arguments, lint::RuleSet::build);
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
  const auto review = [&](const build::Plan& plan, const build::BuildRequest& fetched) {
    review_plan(plan, fetched, remarks);
  };
  std::optional<build::Verification> verification;
  const build::BuildResult result = [&] {
    try {
      if (!arguments.verify)
        return build::build_image(store, *engine, request, progress.receiver(), review);
      verification = build::verify_build(store, *engine, request, progress.receiver(), review);
      return verification->result;
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
  if (!arguments.metadata_file.empty())
    write_metadata(arguments.metadata_file, request, result.image);
  report_result(arguments, request.name, result);
  if (result.cached < result.steps) {
    store::sweep(store, *engine);
    sync_or_start_sync(store, result.written);
  }
  if (verification)
    report::show_verification(*verification,
                              is_json(arguments) ? report::Format::json : report::Format::text);
  return verification && !verification->same ? 1 : 0;
}

}  // namespace trainyard::cli
