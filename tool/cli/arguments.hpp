#pragma once

#include <CLI/CLI.hpp>
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
  std::unique_ptr<engine::Engine> make_engine(const store::Store& store) const;

 private:
  std::optional<std::string> store_;
  std::optional<std::string> runtime_;
};

/// Parses `words`. Returns false after printing help that was asked for; throws a usage error that
/// names the command and suggests the nearest option.
bool parse(CLI::App& app, const std::vector<std::string>& words);

}  // namespace trainyard::cli
