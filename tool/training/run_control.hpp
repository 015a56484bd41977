#pragma once

#include <string>
#include <vector>

#include "store/store.hpp"

namespace trainyard::training {

/// A run that is going on.
struct RunningRun {
  std::string key;
  std::string target;
  double seconds = 0;       ///< since its keeper began
  int attached = 0;         ///< how many tools wait for it
  bool detached = false;    ///< it goes on without any
  std::string waiting_for;  ///< "waiting for gpu:0, held by …", before it can start
};

/// The longest going first.
std::vector<RunningRun> list_running(const store::Store& store);

/// Stops a run, whoever waits for it, as Ctrl-C does: SIGTERM, the grace, SIGKILL. Returns when it
/// has ended; false when it was not going on.
bool stop_run(const store::Store& store, const std::string& key);

}  // namespace trainyard::training
