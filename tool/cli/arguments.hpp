#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "store/store.hpp"

namespace trainyard::cli {

/// What every command that touches the store takes: `--store DIR`, and with `with_engine` also
/// `--runtime NAME`.
class StoreArguments {
 public:
  enum class Engine { without, with };
  StoreArguments(CLI::App& app, Engine engine);

  store::Store open_store() const;
  /// For commands that only look something up: nothing is made where there is no store.
  std::optional<store::Store> open_store_if_any() const;
  std::unique_ptr<engine::Engine> make_engine(const store::Store& store) const;
  /// Puts `--runtime` in the environment, for the keeper that this process starts.
  void export_runtime() const;

 private:
  std::optional<std::string> store_;
  std::optional<std::string> runtime_;
};

/// The native engine for a store, with the runtime that $TRAINYARD_RUNTIME names.
std::unique_ptr<engine::Engine> make_native_engine_for(const store::Store& store);

/// `did you mean "--volume"?` for the first unknown option among `words`; else where to look.
std::string option_hint(const CLI::App& app, const std::vector<std::string>& words);

/// Parses `words`. Returns false after printing help that was asked for; throws a usage error that
/// names the command and suggests the nearest option, or says what `elsewhere` does of an option
/// that another program has.
using ForeignOptions = std::map<std::string, std::string>;
bool parse(CLI::App& app, const std::vector<std::string>& words,
           const ForeignOptions& elsewhere = {});

/// While one lives, parse() shows it the command's options and returns false, as for help: the
/// command does nothing. For what is made from the options: completion and the manual page.
class ParseObserver {
 public:
  using Function = std::function<void(const CLI::App&)>;
  explicit ParseObserver(Function function);
  ~ParseObserver();
  ParseObserver(const ParseObserver&) = delete;
  ParseObserver& operator=(const ParseObserver&) = delete;
};

}  // namespace trainyard::cli
