#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "oci/digest.hpp"
#include "store/store.hpp"
#include "training/input_snapshot.hpp"
#include "training/training_run.hpp"

namespace trainyard::training {

struct PlannedInput {
  std::string place;  ///< absolute path in the container
  InputSnapshot snapshot;
};
/// A file that the command sees and that is made for it.
struct PlannedText {
  std::string place;  ///< absolute path in the container
  std::string text;
};
struct PlannedOutput {
  std::string key;
  std::string path;  ///< relative to the working folder
};

/// Everything that the keeper needs to execute a run, and its key.
///
/// The key is the SHA-256 of the canonical text of `identity`: schema; the image's diff-ids, Env,
/// User, WorkingDir and Entrypoint; argv after substitution; declared environment; parameters; each
/// input's place and content; outputs', metrics' and checkpoints' paths; working folder; network.
/// Never in it: host paths, mtimes, the names of targets, limits, devices, which outputs are plotted.
struct RunPlan {
  std::string key;
  Json identity;
  std::string target;  ///< the CMake target, for people
  oci::Digest image = oci::Digest::from_hex(std::string(64, '0'));
  std::vector<std::string> argv;
  std::vector<std::string> environment;  ///< of the container, complete
  std::string user;
  std::string working_directory;
  engine::Network network = engine::Network::none;
  engine::Limits limits;
  DeviceDemand devices;  ///< not in the key: which they are is decided when it runs
  std::optional<std::chrono::milliseconds> timeout;
  std::vector<PlannedInput> inputs;
  std::vector<PlannedText> texts;
  std::vector<PlannedOutput> outputs;
  std::vector<std::string> metrics;
  std::vector<std::string> plots;
  std::string checkpoints;    ///< absolute path of the folder in the container; empty: none
  std::string ancestor;       ///< the run whose checkpoints this one begins with; empty: none
  bool from_scratch = false;  ///< what an unfinished try left is thrown away
  Json origin;                ///< run_origin.hpp; null unless it is about to be executed
};

/// The plan as the keeper gets it, and as `spec.json` in a run's folder keeps it for `trainyard
/// shell`.
Json to_json(const RunPlan& plan);
RunPlan parse_run_plan(const Json& json);

struct PlannedRun {
  RunPlan plan;
  std::vector<fs::path> read;  ///< every input file and every folder walked
};

/// Reads image and inputs. Throws a usage error that names a missing input and the spec, or an
/// image that is not there.
PlannedRun plan_run(const store::Store& store, const RunSpec& spec);

}  // namespace trainyard::training
