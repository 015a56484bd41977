#include "engine/native/runtime_choice.hpp"

#include <unistd.h>

#include "base/error.hpp"
#include "base/fingerprint.hpp"
#include "base/process.hpp"

namespace trainyard::engine::native {

namespace {

constexpr const char* k_install_hint =
    "sudo apt-get install crun (or runc; dnf, pacman and zypper have them under the same names), "
    "then `trainyard doctor`";

fs::path memory_of(const Runtime& runtime, const fs::path& engine_folder) {
  const std::string identity = identity_of(runtime) + boot_id() + "\n" + std::to_string(::getuid());
  return engine_folder / "probes" / (runtime.name() + "-" + fingerprint(identity).hex());
}

}  // namespace

std::vector<Runtime> installed_runtimes(const std::optional<std::string>& wanted) {
  std::vector<Runtime> found;
  const std::vector<std::string> names = wanted && !wanted->empty()
                                             ? std::vector<std::string>{*wanted}
                                             : std::vector<std::string>{"crun", "runc"};
  for (const std::string& name : names)
    if (const fs::path path = find_program(name); !path.empty()) found.push_back(Runtime::of(path));
  if (!found.empty()) return found;
  if (wanted && !wanted->empty())
    throw Error("finding the OCI runtime", *wanted,
                "no such program (--runtime or TRAINYARD_RUNTIME asked for it)", k_install_hint);
  throw Error("finding", "an OCI runtime",
              "no OCI runtime is installed: neither crun nor runc is in PATH", k_install_hint);
}

RuntimeTrial try_runtime(const Runtime& runtime, const fs::path& engine_folder,
                         const RuntimeProbe& probe) {
  const fs::path memory = memory_of(runtime, engine_folder);
  if (fs::exists(memory)) return {runtime, true, ""};
  try {
    probe(runtime);
  } catch (const Error& error) {
    return {runtime, false, error.render()};
  }
  write_file_atomic(memory, runtime.path.string() + "\n");
  return {runtime, true, ""};
}

Runtime choose_runtime(const std::optional<std::string>& wanted, const fs::path& engine_folder,
                       const RuntimeProbe& probe) {
  std::string messages;
  for (const Runtime& runtime : installed_runtimes(wanted)) {
    const RuntimeTrial trial = try_runtime(runtime, engine_folder, probe);
    if (trial.works) return runtime;
    messages += trial.message;
  }
  throw Error("starting", "a trial container", "no OCI runtime of this machine can do it",
              "`trainyard doctor` tells what is missing and how to mend it")
      .with_excerpt(messages);
}

}  // namespace trainyard::engine::native
