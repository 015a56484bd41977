#pragma once

#include <list>
#include <mutex>
#include <optional>
#include <string>

#include "base/json.hpp"
#include "base/unique_fd.hpp"
#include "engine/engine.hpp"
#include "store/store.hpp"
#include "training/metrics_follower.hpp"
#include "training/run_execution.hpp"
#include "training/run_plan.hpp"
#include "training/training_run.hpp"

namespace trainyard::training {

/// What the worker tells the main thread, and the other way round.
class KeeperState {
 public:
  KeeperState();
  /// Readable once somebody said wake(), until clear().
  int event() const { return event_.get(); }
  void wake() const;
  void clear() const;

  /// A signal goes out without `mutex`: the worker needs that one to take output away.
  std::mutex container_mutex;
  engine::Container* container = nullptr;

  std::mutex mutex;
  bool grew = false;
  std::list<std::string> notes;
  std::string waiting;  ///< what for, before the container can start
  LiveMetrics metrics;  ///< all that was ever told
  bool metrics_changed = false;
  std::optional<Json> end;       ///< the "ended" message
  bool container_ended = false;  ///< from here on nothing is stopped: a result is worth waiting for
  bool stop = false;             ///< not set any more once the container has ended

  bool stop_requested();
  void signal(int number);

 private:
  UniqueFd event_;
};

/// The keeper's thread that executes the run. Tells the state what happens, and at last its end.
class KeeperWorker {
 public:
  /// Begins a new log.
  KeeperWorker(KeeperState& state, const store::Store& store, RunPlan plan,
               const MakeEngine& make_engine);

  void run();

 private:
  ExecutionEvents events();
  void sweep(engine::Engine& engine) const;

  KeeperState& state_;
  const store::Store& store_;
  RunPlan plan_;
  const MakeEngine& make_engine_;
  fs::path log_path_;
  UniqueFd log_;
};

}  // namespace trainyard::training
