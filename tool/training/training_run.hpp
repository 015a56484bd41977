#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "engine/engine.hpp"
#include "store/run_records.hpp"
#include "store/store.hpp"

namespace trainyard::training {

struct RunInput {
  std::string target;   ///< path in the container: relative to the working folder, or absolute
  fs::path source;      ///< absolute; a file or a folder
};
struct RunOutput {
  std::string key;
  std::string path;     ///< relative to the working folder
  fs::path destination; ///< absolute, in the build tree
};

/// `<name>.run.json` (cmake/ writes it; schema in docs/spec-files.md).
struct RunSpec {
  std::string name;
  fs::path build_dir;
  std::string image;                   ///< "digest-file:/abs/x.digest", or a name or pinned reference in the store
  std::vector<std::string> command;    ///< "{k}" is replaced by parameter k
  std::vector<std::pair<std::string, std::string>> parameters;  ///< sorted by name
  std::vector<RunInput> inputs;
  std::vector<RunOutput> outputs;      ///< METRICS among them
  std::vector<std::string> metrics;    ///< paths, each one of the outputs'
  std::vector<std::string> environment;
  std::string working_directory = "/work";
  engine::Network network = engine::Network::none;
  engine::Limits limits;
  std::optional<std::chrono::milliseconds> timeout;
};
RunSpec read_run_spec(const fs::path& file);

struct RunOutcome {
  store::RunRecord record;
  bool cached = false;
  std::vector<fs::path> read;          ///< files and folders for the depfile
};

/// What a person sees of a run. Called from one thread.
struct RunEvents {
  std::function<void(const std::string& line)> note;               ///< "waiting for …", warnings
  std::function<void(std::string_view bytes)> log;                 ///< the command's output
};

/// Runs, or finds the record. Throws Error(failed) with the command's own exit code, what killed it, the last lines of the
/// log and the line to look inside; Error(interrupted) after SIGINT, SIGTERM or SIGHUP.
RunOutcome run_training(const store::Store& store, engine::Engine& engine, const RunSpec& spec, const RunEvents& events);

/// Puts the outputs of a finished run in the build tree, each moved in whole. Returns those that were written.
std::vector<fs::path> restore_outputs(const store::Store& store, const RunSpec& spec);

/// What `trainyard internal-keeper` runs. `make_engine` is called once.
int serve_keeper(const std::function<std::unique_ptr<engine::Engine>(const store::Store&)>& make_engine, int argc, char** argv);

/// "accuracy>=0.95": throws a usage error; returns whether it holds, with the value found.
struct AssertionResult { bool holds; double value; std::string metric; std::string op; double bound; };
AssertionResult check_assertion(const std::string& assertion, const std::map<std::string, double>& metrics);

JobTable training_jobs();

}  // namespace trainyard::training
