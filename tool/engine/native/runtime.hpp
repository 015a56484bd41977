#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/json.hpp"

namespace trainyard::engine::native {

/// An OCI runtime: a program that makes one container from a bundle.
struct Runtime {
  enum class Kind { crun, runc, other };
  fs::path path;
  Kind kind = Kind::other;

  static Runtime of(const fs::path& path);  ///< the kind by the file's name
  std::string name() const { return path.filename(); }
};

/// The runtime's path, size and time: another text when another version is installed. Throws Error
/// when it is gone.
std::string identity_of(const Runtime& runtime);

/// What a container is started with.
struct RuntimeStart {
  fs::path bundle;  ///< holds config.json
  fs::path state;   ///< the runtime's --root, on a private tmpfs
  int in = -1, out = -1, err = -1;
  bool terminal =
      false;  ///< a ConsoleSocket listens in the bundle's folder; the streams are the runtime's own
  std::vector<fs::path> cgroup_entrances;  ///< files to which the runtime's process writes itself
};

/// Starts a detached container and returns its first process, which is then a child of this process
/// (a subreaper). The runtime itself has ended, and so its exit says whether the container started.
/// Throws Error with the runtime's own words as excerpt.
pid_t start_container_process(const Runtime& runtime, const RuntimeStart& start);

}  // namespace trainyard::engine::native
