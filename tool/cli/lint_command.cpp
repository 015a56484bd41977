#include <cstdio>
#include <iostream>
#include <iterator>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "cli/arguments.hpp"
#include "cli/build_context.hpp"
#include "cli/command.hpp"
#include "cli/lint_request.hpp"
#include "cli/request_options.hpp"
#include "cli/version.hpp"
#include "lint/finding_text.hpp"

namespace trainyard::cli {

namespace {

struct LintArguments {
  RequestOptions request;
  std::string place, format = "text";
  bool json = false, sarif = false, strict = false;
};

void add_options(CLI::App& app, LintArguments& arguments) {
  arguments.request.add_to(app);
  app.add_option("--format", arguments.format, "How to print what is found")
      ->type_name("text|json|sarif");
  app.add_flag("--json", arguments.json, "The same as --format json");
  app.add_flag("--sarif", arguments.sarif, "The same as --format sarif");
  app.add_flag("--strict", arguments.strict, "Notes make the file unclean as well");
  app.add_option("context", arguments.place, "The context, or the Dockerfile itself (.)")
      ->type_name("CONTEXT");
}

build::BuildRequest request_of(const LintArguments& arguments) {
  const std::string& file = arguments.request.file();
  if (auto elsewhere = request_of_address(arguments.place, file)) {
    arguments.request.apply(*elsewhere);
    require_dockerfile(*elsewhere, file);
    return std::move(*elsewhere);
  }
  build::BuildRequest request;
  const fs::path place = absolute_normal(arguments.place.empty() ? "." : arguments.place);
  const bool is_folder = fs::is_directory(place);
  if (!is_folder && !file.empty())
    throw usage_error("reading the context", place.string(), "it is not a folder",
                      "name the Dockerfile once: with -f, or alone");
  request.context = is_folder ? place : place.parent_path();
  if (file == "-")
    request.dockerfile_text = std::string(std::istreambuf_iterator<char>(std::cin), {});
  else if (!file.empty())
    request.dockerfile = absolute_normal(file);
  else
    request.dockerfile = is_folder ? place / "Dockerfile" : place;
  if (request.dockerfile && !fs::exists(*request.dockerfile))
    throw usage_error("reading", request.dockerfile->string(), "there is no such Dockerfile",
                      "name it with -f FILE");
  request.name = request.context.filename().string();
  arguments.request.apply(request);
  return request;
}

std::string format_of(const LintArguments& arguments) {
  const std::string format = arguments.json ? "json" : arguments.sarif ? "sarif" : arguments.format;
  const std::vector<std::string> known{"text", "json", "sarif"};
  if (std::find(known.begin(), known.end(), format) != known.end()) return format;
  const std::string near = suggestion(format, known);
  throw usage_error("reading", "--format", "there is no format \"" + format + "\"",
                    near.empty() ? "write text, json or sarif" : near);
}

/// Paths in reports are those that people see from where they stand.
void shorten_name(dockerfile::Dockerfile& file) {
  std::error_code failure;
  const fs::path relative = fs::relative(file.name, fs::current_path(failure), failure);
  if (!failure && !relative.empty() && !relative.native().starts_with(".."))
    file.name = relative.string();
}

void print_summary(const lint::Report& report) {
  size_t warnings = 0;
  for (const lint::Finding& finding : report.findings)
    warnings += finding.severity == lint::Severity::warning ? 1 : 0;
  const size_t notes = report.findings.size() - warnings;
  std::fprintf(stderr, "%zu warning%s, %zu note%s\n", warnings, warnings == 1 ? "" : "s", notes,
               notes == 1 ? "" : "s");
}

}  // namespace

int lint_command(const std::vector<std::string>& words) {
  CLI::App app("Names the pitfalls of a Dockerfile, and what to write instead. Nothing is built.",
               "lint");
  LintArguments arguments;
  add_options(app, arguments);
  const StoreArguments store_arguments(app, StoreArguments::Engine::without);
  if (!parse(app, words)) return 0;

  const std::string format = format_of(arguments);
  lint::Checked checked = check_request(request_of(arguments), store_arguments, lint::RuleSet::all);
  shorten_name(checked.file);
  if (format == "json") {
    std::printf("%s\n", dump_json(lint::as_json(checked.file, checked.report), 2).c_str());
  } else if (format == "sarif") {
    std::printf("%s\n",
                dump_json(lint::as_sarif(checked.file, checked.report, k_version), 2).c_str());
  } else {
    for (const lint::Finding& finding : checked.report.findings)
      std::fputs(lint::as_text(checked.file, finding).c_str(), stdout);
    print_summary(checked.report);
  }
  const bool clean = arguments.strict ? checked.report.findings.empty() : checked.report.clean();
  return clean ? 0 : 1;
}

}  // namespace trainyard::cli
