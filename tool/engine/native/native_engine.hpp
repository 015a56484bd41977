#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/job.hpp"
#include "engine/engine.hpp"

namespace trainyard::engine::native {

struct NativeOptions {
  fs::path store;  ///< root of the store: remembered probes and short layer names live there
  std::optional<std::string> runtime;  ///< TRAINYARD_RUNTIME: "crun", "runc" or a path
};

/// Containers by an OCI runtime in namespaces of our own; see docs/ARCHITECTURE.md, "The native
/// engine".
std::unique_ptr<Engine> make_native_engine(NativeOptions options);

/// The supervisor's side: what `trainyard internal-supervisor` runs (this executable, started anew
/// inside the namespaces). `jobs` are those of all rooms. Returns its exit code.
int serve_supervisor(const JobTable& jobs);

/// Whether main() was started by the engine and must do nothing but return serve_supervisor(jobs).
/// Every executable that uses the native engine asks this first: the supervisor is that same
/// executable.
inline bool is_supervisor_call(int argc, const char* const* argv) {
  return argc == 2 && std::string_view(argv[1]) == "internal-supervisor";
}

}  // namespace trainyard::engine::native
