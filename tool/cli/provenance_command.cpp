#include <algorithm>
#include <cstdio>
#include <set>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/find_model.hpp"
#include "report/provenance.hpp"
#include "store/run_records.hpp"

namespace trainyard::cli {

namespace {

constexpr const char* k_default_builder = "urn:trainyard:builder";

struct ProvenanceArguments {
  std::string name;
  std::string format = "text";
  std::string builder = k_default_builder;
  bool json = false;
  bool all = false;
};

/// The run's, and with --all those of the runs that made its inputs, and so on; each once.
std::vector<Json> chain_of(const store::Store& store, const FoundModel& model, bool all) {
  std::vector<Json> chain;
  std::set<std::string> seen;
  std::vector<std::string> next = {model.run};
  while (!next.empty()) {
    const std::string key = next.front();
    next.erase(next.begin());
    if (!seen.insert(key).second) continue;
    if (!chain.empty() && !store::find_run(store, key))
      continue;  // gc took it: it is named all the same
    Json one = report::provenance_of(store, key);
    if (chain.empty() && model.file.is_object()) one["file"] = model.file;
    chain.push_back(std::move(one));
    if (all)
      for (const std::string& before : report::runs_before(chain.back())) next.push_back(before);
  }
  return chain;
}

void print(const ProvenanceArguments& arguments, const std::vector<Json>& chain) {
  // A statement a line: the bundle that in-toto's tools read.
  if (arguments.format == "in-toto") {
    for (const Json& one : chain)
      std::printf("%s\n", dump_json(report::provenance_statement(one, arguments.builder),
                                    chain.size() == 1 ? 2 : -1)
                              .c_str());
  } else if (arguments.json || arguments.format == "json") {
    std::printf("%s\n", dump_json(arguments.all ? Json(chain) : chain.front(), 2).c_str());
  } else {
    for (size_t i = 0; i < chain.size(); ++i)
      std::printf("%s%s", i == 0 ? "" : "\n", report::provenance_text(chain[i]).c_str());
  }
}

}  // namespace

int provenance_command(const std::vector<std::string>& words) {
  CLI::App app(
      "Says where a model comes from: the run that made it, its command, parameters, metrics, "
      "image "
      "and inputs, the commit of its source folder, the machine. A file is found by its content, "
      "wherever it lies.",
      "provenance");
  ProvenanceArguments arguments;
  app.add_option("file", arguments.name, "A file or folder that a run made, or a run")
      ->required()
      ->type_name("FILE|RUN");
  app.add_option("--format", arguments.format,
                 "in-toto is a statement with an SLSA provenance predicate, for other programs")
      ->type_name("text|json|in-toto");
  app.add_flag("--json", arguments.json, "As --format json");
  app.add_flag("--all", arguments.all,
               "Also of the runs that made its inputs, and so on; in-toto: a statement a line");
  app.add_option("--builder", arguments.builder, "The URI of who answers for a statement")
      ->type_name("URI");
  const StoreArguments store_arguments(app, StoreArguments::Engine::without);
  if (!parse(app, words)) return 0;
  const std::vector<std::string> formats = {"text", "json", "in-toto"};
  if (std::find(formats.begin(), formats.end(), arguments.format) == formats.end())
    throw usage_error("reading", "--format", "there is no format \"" + arguments.format + "\"",
                      suggestion(arguments.format, formats));
  if (arguments.builder.find(':') == std::string::npos)
    throw usage_error("reading", "--builder " + arguments.builder, "it is no URI",
                      "write one such as https://example.org/machines/7");

  const store::Store store = store_arguments.open_store();
  print(arguments, chain_of(store, find_model(store, arguments.name), arguments.all));
  return 0;
}

}  // namespace trainyard::cli
