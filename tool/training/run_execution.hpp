#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/engine.hpp"
#include "training/metrics_follower.hpp"
#include "training/run_plan.hpp"

namespace trainyard::training {

/// What the keeper sees of an execution. Called from the thread that executes.
struct ExecutionEvents {
  std::function<void(std::string_view)> log;
  std::function<void(const std::string&)> note;
  /// As note: what it waits for before the container can start. Empty when it goes on.
  std::function<void(const std::string&)> waiting;
  /// What the metrics files say by now, from another thread; may be empty.
  MetricsFollower::Sink metrics = {};
  /// The container was started (its pointer), or has ended (null).
  std::function<void(engine::Container*)> container;
  /// Asked before the container starts and after it has ended.
  std::function<bool()> stop_requested;
};

/// The run was stopped because nobody waits for it any more.
struct RunStopped {};

/// Executes a plan to its end: image trees, container, inputs checked again, outputs committed,
/// record written last. Throws Error(failed) as run_training documents, or RunStopped. The scratch
/// of a failed try is kept in the run's folder.
void execute_run(const store::Store& store, engine::Engine& engine, const RunPlan& plan,
                 const ExecutionEvents& events);

}  // namespace trainyard::training
