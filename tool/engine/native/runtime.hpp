#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/unique_fd.hpp"

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
  fs::path bundle;  ///< holds config.json when the runtime is let go
  fs::path state;   ///< the runtime's --root, on a private tmpfs
  int in = -1, out = -1, err = -1;
  bool terminal =
      false;  ///< a ConsoleSocket listens in the bundle's folder; the streams are the runtime's own
  std::vector<fs::path> cgroup_entrances;  ///< files to which the runtime's process writes itself
};

/// The process that becomes the runtime. It is made first and waits: entering a control group takes
/// the kernel milliseconds (it waits until no processor looks at the old one), as long as all that
/// has to be prepared meanwhile. Without let_go() it ends with the object, or with this process.
class RuntimeProcess {
 public:
  RuntimeProcess(const Runtime& runtime, const RuntimeStart& start);
  ~RuntimeProcess();
  RuntimeProcess(const RuntimeProcess&) = delete;
  RuntimeProcess& operator=(const RuntimeProcess&) = delete;

  /// Starts a detached container and returns its first process, which is then a child of this
  /// process (a subreaper). The runtime itself has ended, and so its exit says whether the
  /// container started. Throws Error with the runtime's own words as excerpt, also when it has not
  /// ended after two minutes: then it and what it started are killed.
  pid_t let_go();

 private:
  Runtime runtime_;
  RuntimeStart start_;
  UniqueFd go_;
  pid_t pid_ = -1;
};

}  // namespace trainyard::engine::native
