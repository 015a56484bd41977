#include "cli/arguments.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "engine/native/native_engine.hpp"
#include "store/layer_links.hpp"

namespace trainyard::cli {

namespace {
ParseObserver::Function g_observer;  // one command is asked at a time, by one thread
}  // namespace

ParseObserver::ParseObserver(Function function) {
  g_observer = std::move(function);
}

ParseObserver::~ParseObserver() {
  g_observer = nullptr;
}

StoreArguments::StoreArguments(CLI::App& app, Engine engine) {
  app.add_option("--store", store_,
                 "The store's folder (else $TRAINYARD_STORE, else ~/.local/share/trainyard)")
      ->type_name("DIR");
  if (engine == Engine::with)
    app.add_option("--runtime", runtime_,
                   "OCI runtime: crun, runc or a path (else $TRAINYARD_RUNTIME)")
        ->type_name("crun|runc|PATH");
}

store::Store StoreArguments::open_store() const {
  if (store_ && store_->empty()) throw usage_error("reading", "--store", "it needs a folder");
  return store::Store::open(store_ ? std::optional<fs::path>(absolute_normal(*store_))
                                   : std::nullopt);
}

std::optional<store::Store> StoreArguments::open_store_if_any() const {
  const fs::path folder =
      store_ && !store_->empty() ? absolute_normal(*store_) : store::Store::default_folder();
  if (!fs::exists(folder / "oci-layout")) return std::nullopt;
  return open_store();
}

void StoreArguments::export_runtime() const {
  if (runtime_) ::setenv("TRAINYARD_RUNTIME", runtime_->c_str(), 1);
}

std::unique_ptr<engine::Engine> StoreArguments::make_engine(const store::Store& store) const {
  export_runtime();
  return make_native_engine_for(store);
}

std::unique_ptr<engine::Engine> make_native_engine_for(const store::Store& store) {
  engine::native::NativeOptions options;
  options.store = store.root();
  const char* runtime = std::getenv("TRAINYARD_RUNTIME");
  if (runtime != nullptr && *runtime != '\0') options.runtime = runtime;
  auto engine = engine::native::make_native_engine(options);
  store::keep_trees_of_map(store, engine->id_map_class());
  return engine;
}

std::string option_hint(const CLI::App& app, const std::vector<std::string>& words) {
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  for (const std::string& word : words) {
    const std::string name = word.substr(0, word.find('='));
    if (!name.starts_with("--") || std::find(known.begin(), known.end(), name) != known.end())
      continue;
    const std::string near = suggestion(name, known);
    if (!near.empty()) return near;
  }
  return "\"trainyard " + app.get_name() + " --help\" shows what it takes";
}

namespace {

std::string foreign_option_hint(const std::vector<std::string>& words,
                                const ForeignOptions& elsewhere) {
  for (const std::string& word : words)
    if (const auto it = elsewhere.find(word.substr(0, word.find('='))); it != elsewhere.end())
      return it->second;
  return {};
}

}  // namespace

bool parse(CLI::App& app, const std::vector<std::string>& words, const ForeignOptions& elsewhere) {
  if (g_observer) {
    g_observer(app);
    return false;
  }
  try {
    std::vector<std::string> reversed(words.rbegin(),
                                      words.rend());  // the order that CLI11 asks for
    app.parse(std::move(reversed));
    return true;
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help("trainyard").c_str(), stdout);  // CLI11 adds the command's name
    return false;
  } catch (const CLI::ParseError& error) {
    const std::string foreign = foreign_option_hint(words, elsewhere);
    throw usage_error("reading", "the arguments of \"trainyard " + app.get_name() + "\"",
                      error.what(), foreign.empty() ? option_hint(app, words) : foreign);
  }
}

}  // namespace trainyard::cli
