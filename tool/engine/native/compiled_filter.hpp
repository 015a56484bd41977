#pragma once

#include <optional>
#include <string>

#include "base/json.hpp"
#include "engine/native/runtime.hpp"

namespace trainyard::engine::native {

/// What crun made of a seccomp profile. Compiling takes it longer than all the rest of a
/// container's start, and gives the same each time, so the first container's is kept:
/// `<engine_folder>/filters/<fingerprint>`, named by the runtime (path, size, mtime) and the
/// profile; 32 digits of XXH3 over the rest, a newline, the BPF program as the kernel takes it. A
/// file that is not whole is as good as none.
class CompiledFilter {
 public:
  CompiledFilter(const Runtime& runtime, const fs::path& engine_folder, const Json& profile);

  /// Lets the container's configuration name the kept program (crun's annotation
  /// `run.oci.seccomp_bpf_data`; crun then passes over the profile, which stays for a crun that
  /// does not know it). Without one, nothing changes.
  void put_into(Json& config);

  /// After the start: keeps what the runtime compiled, if it was not named. `state` is the
  /// runtime's
  /// --root.
  void keep(const fs::path& state) const;

 private:
  std::optional<std::string> find() const;

  bool usable_;  ///< the runtime is crun
  bool named_ = false;
  fs::path file_;
};

}  // namespace trainyard::engine::native
