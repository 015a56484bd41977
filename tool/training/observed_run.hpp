#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "store/work_folder.hpp"
#include "training/device_lease.hpp"
#include "training/training_run.hpp"

namespace trainyard::training {

/// A run's command with an eye on what it looks for, for `run --report-undeclared`: as a training
/// has it, but alone, from scratch, and for nothing: no record, no outputs, no checkpoints.
struct ObservedRun {
  engine::ContainerSpec container;
  fs::path scratch;  ///< the working folder
  DeviceLease devices;
};

/// `work` holds what is made for it and must live as long as the container. Waits for the run's
/// devices; `note` says for whom.
ObservedRun observe_run(const store::Store& store, engine::Engine& engine, const RunSpec& spec,
                        const store::WorkFolder& work,
                        const std::function<void(const std::string&)>& note);
/// Removes what it left: files may belong to the container's users.
void remove_observed_run(engine::Engine& engine, const store::WorkFolder& work);

/// What the command looked for below its working folder and did not find, and did not make itself
/// either: a path, relative to that folder, and what to do about it. Not what is_leaving() says of.
struct MissingPath {
  std::string path;
  std::string advice;
};
std::vector<MissingPath> missing_paths(const RunSpec& spec, const ObservedRun& run);

}  // namespace trainyard::training
