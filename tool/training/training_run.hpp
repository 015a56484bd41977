#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "engine/engine.hpp"
#include "store/run_records.hpp"
#include "store/store.hpp"
#include "training/device_demand.hpp"

namespace trainyard::training {

struct RunInput {
  std::string target;  ///< path in the container: relative to the working folder, or absolute
  fs::path source;     ///< absolute; a file or a folder
  /// Below the folder `source` (training/input_pattern.hpp); empty: all of it.
  std::string pattern = {};
};
/// PARAMETERS_FILE: JSON, YAML or TOML by the end of its name. The command sees a file of the same
/// kind with the keys alone, read-only.
struct ParametersFile {
  std::string target;             ///< as RunInput::target
  fs::path source;                ///< absolute
  std::vector<std::string> keys;  ///< "train.rate" is rate in train; each the name of a parameter
};
struct RunOutput {
  std::string key;
  std::string path;      ///< relative to the working folder
  fs::path destination;  ///< absolute, in the build tree
};

/// `<name>.run.json` (cmake/ writes it; schema in docs/spec-files.md).
struct RunSpec {
  fs::path file;  ///< the spec file itself, absolute
  std::string name;
  fs::path build_dir;
  fs::path source_dir;
  fs::path binary_dir;
  std::string image;  ///< "digest-file:/abs/x.digest", or a name or pinned reference in the store
  std::vector<std::string> command;  ///< as written: "{k}" stands for parameter k
  std::vector<std::pair<std::string, std::string>> parameters;  ///< sorted by name
  std::optional<ParametersFile> parameters_file;  ///< its values are not among `parameters`
  std::vector<RunInput> inputs;
  std::vector<RunOutput> outputs;    ///< METRICS and PLOTS among them
  std::vector<std::string> metrics;  ///< paths, each one of the outputs'
  std::vector<std::string> plots;    ///< likewise
  std::vector<std::string> environment;
  std::string working_directory = "/work";
  engine::Network network = engine::Network::none;
  engine::Limits limits;
  DeviceDemand devices;
  std::optional<std::chrono::milliseconds> timeout;
  std::string checkpoints;  ///< a folder, relative to the working folder; empty: none
  std::string extends;      ///< the parameter that may grow (extension.hpp); empty: none
  /// Throws away what an unfinished try left, and begins with nobody's checkpoints.
  bool from_scratch = false;
  /// What is done about files that the command wrote beside its outputs. Not in the key: whoever
  /// allows them after the training need not train again.
  enum class ExtraOutputs { error, warn, ignore };
  ExtraOutputs extra_outputs = ExtraOutputs::error;
  bool trial = false;  ///< a try with other parameters: the build tree's present run stays
};
/// Gives a parameter another value, for a trial. Throws a usage error, with the nearest name, for
/// one that the spec does not declare.
void set_parameter(RunSpec& spec, const std::string& name, const std::string& value);

/// Throws usage errors that name the file and the member. Whether inputs exist is not looked at
/// here.
RunSpec read_run_spec(const fs::path& file);

struct RunOutcome {
  store::RunRecord record;
  bool cached = false;
  std::vector<fs::path> read;  ///< files and folders for the depfile: complete on hits too
};

/// What a person sees of a run. Called from the thread that called run_training.
struct RunEvents {
  std::function<void(const std::string& line)> note;  ///< "waiting for …", warnings
  std::function<void(std::string_view bytes)> log;    ///< the command's output; not on a hit
  /// What the metrics files of a training that is going on have by now: the newest values.
  std::function<void(const std::map<std::string, double>&)> metrics = {};
};

/// The run was ended from outside, and nobody asked this process to end: by `trainyard stop`, or
/// its keeper was killed.
class RunEndedElsewhere : public Error {
 public:
  using Error::Error;
};

/// Runs, or finds the record. The run is known to the store's roots before it starts, so that
/// `logs` and `shell` find it by name. Throws Error(failed) with the command's own exit code, what
/// killed it, the last lines of the log and the line to look inside; Error(interrupted) after
/// SIGINT, SIGTERM or SIGHUP, which it handles while it waits.
RunOutcome run_training(const store::Store& store, const RunSpec& spec, const RunEvents& events);

/// Starts a run that goes on when everybody has left. False, and nothing is started, when its
/// record is there.
bool detach_training(const store::Store& store, const RunSpec& spec);

/// Puts the outputs of the finished run `key` in the build tree, each moved in whole and with a
/// fresh mtime. Returns those that were written. Throws Error with a hint to build the run again
/// when record or content is gone.
std::vector<fs::path> restore_outputs(const store::Store& store, const RunSpec& spec,
                                      const std::string& key);

/// What the tool starts for a run as `<own executable> internal-keeper <store> <key> <lock fd>
/// <socket fd>`: `argv` is main()'s. `make_engine` is called once, in the thread that runs the
/// training. Returns the exit code.
using MakeEngine = std::function<std::unique_ptr<engine::Engine>(const store::Store&)>;
int serve_keeper(const MakeEngine& make_engine, int argc, char** argv);

/// This room's jobs: those of output_collection.hpp, checkpoints.hpp and metrics_follower.hpp.
JobTable training_jobs();

}  // namespace trainyard::training
