#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/engine.hpp"
#include "store/store.hpp"

namespace trainyard::engine::native {

struct NativeOptions {
  fs::path store;                       ///< root of the store: remembered probes and short layer names live there
  std::optional<std::string> runtime;   ///< TRAINYARD_RUNTIME: "crun", "runc" or a path
};

/// Containers by an OCI runtime in namespaces of our own; see docs/ARCHITECTURE.md, "The native engine".
std::unique_ptr<Engine> make_native_engine(NativeOptions options);

/// The supervisor's side: what `trainyard internal-supervisor` runs (this executable, started anew inside the
/// namespaces). `jobs` are those of all rooms. Returns its exit code.
int serve_supervisor(const JobTable& jobs);

}  // namespace trainyard::engine::native
