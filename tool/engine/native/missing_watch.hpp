#pragma once

#include <string>

#include "base/file.hpp"
#include "base/json.hpp"
#include "engine/native/helper_process.hpp"

namespace trainyard::engine::native {

/// Notes what a container's processes look for and do not find: the kernel tells of each call that
/// opens or looks at a file (seccomp_unotify(2)) before it is made, a helper process reads its
/// path, looks whether there is something in the container, and lets the call go on as it is. The
/// command sees nothing of it but that these calls take longer. Nothing is refused or changed here,
/// so that what a process writes into its memory meanwhile can make the report wrong and nothing
/// else.
class MissingWatch {
 public:
  /// Starts the helper. `scratch` is a folder of this container; `report` gets absolute paths below
  /// `folder` (as the container sees them), one a line, each once.
  MissingWatch(const fs::path& scratch, const fs::path& report, const std::string& folder);

  /// Lets the runtime hand the kernel's notifications over. Needs the seccomp profile itself, not
  /// what was compiled of it (CompiledFilter).
  void put_into(Json& config) const;

 private:
  fs::path socket_;
  HelperProcess helper_;
};

}  // namespace trainyard::engine::native
