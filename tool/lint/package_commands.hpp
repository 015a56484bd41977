#pragma once

#include <string>
#include <vector>

#include "lint/shell_commands.hpp"

namespace trainyard::lint {

/// What a command of apt or apt-get does. The pointers lead into the command.
struct AptCommand {
  enum class Kind { none, update, install };
  Kind kind = Kind::none;
  bool says_yes = false;
  std::vector<const ShellWord*> unpinned;
};
AptCommand read_apt(const ShellCommand& command);

/// Whether one of the commands removes apt's package lists.
bool cleans_apt_lists(const std::vector<ShellCommand>& commands);

/// `pip install`, `python -m pip install`, `uv pip install`.
struct PipInstall {
  bool installs = false;
  bool keeps_no_cache = false;
  std::string requirements;                ///< of -r
  std::vector<const ShellWord*> unpinned;  ///< names without a version
};
PipInstall read_pip(const ShellCommand& command);

}  // namespace trainyard::lint
