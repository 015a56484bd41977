#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/native/runtime.hpp"

namespace trainyard::engine::native {

/// One runtime that was looked at.
struct RuntimeTrial {
  Runtime runtime;
  bool works = false;
  std::string message;  ///< its own words when it does not
};

/// Starts one trivial container with a runtime; throws Error when that fails.
using RuntimeProbe = std::function<void(const Runtime&)>;

/// The runtimes of this machine in the order of choice: `wanted` alone when it is given ("crun",
/// "runc" or a path), else crun, runc. Throws Error(machine) when there is none.
std::vector<Runtime> installed_runtimes(const std::optional<std::string>& wanted);

/// Tries a runtime, or remembers that it was tried: in `<engine_folder>/probes/`, one file per
/// runtime (path, size, mtime), boot and user. Only success is remembered: what fails may be
/// mended.
RuntimeTrial try_runtime(const Runtime& runtime, const fs::path& engine_folder,
                         const RuntimeProbe& probe);

/// The first that works. Throws Error(machine) with the words of all that do not.
Runtime choose_runtime(const std::optional<std::string>& wanted, const fs::path& engine_folder,
                       const RuntimeProbe& probe);

}  // namespace trainyard::engine::native
