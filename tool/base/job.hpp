#pragma once

#include <functional>
#include <map>
#include <string>

#include "base/json.hpp"

namespace trainyard {

/// A **job** is a function that needs the namespaces in which layer trees may be read and written:
/// as an ordinary user, the files of a tree belong to sub-uids that only a user namespace can
/// touch. A room offers its jobs by name; `cli` gathers them in one table; the engine's supervisor,
/// which is this same executable started anew inside the namespaces, forks a child per call and
/// runs the function there.
///
/// A job runs in a single-threaded child: what it mounts (by engine/native/overlay.hpp, in a mount
/// namespace of its own) is gone when it returns. It reads its request and returns its answer as
/// JSON, or throws Error, which arrives at the caller as the same Error.
using Job = std::function<Json(const Json& request)>;
using JobTable = std::map<std::string, Job>;

/// Runs jobs. Calls may come from several threads at once and then run side by side.
class JobRunner {
 public:
  virtual ~JobRunner() = default;
  virtual Json call(const std::string& job, const Json& request) = 0;
};

}  // namespace trainyard
