#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"

namespace trainyard {

/// How a process ended.
struct ExitStatus {
  int code = 0;               ///< exit code, or 128 + signal
  std::optional<int> signal;  ///< the signal that ended it
  bool success() const { return code == 0; }
};
ExitStatus exit_status_of(int wait_status);

/// A program to start. argv[0] without a slash is looked up in PATH; argv never goes through a
/// shell. Descriptors from 3 up are closed in the child but for those in `keep`, which keep their
/// numbers.
struct ProcessSpec {
  std::vector<std::string> argv;
  std::optional<std::vector<std::string>> environment;  ///< "K=V"; inherited when absent
  std::filesystem::path working_directory;              ///< the caller's when empty
  int in = -1, out = -1, err = -1;                      ///< inherited when -1
  std::vector<int> keep;
  bool own_session = false;  ///< setsid
  bool die_with_parent = false;
};

/// Starts; throws Error when the program cannot be executed (its cause says why).
pid_t start_process(const ProcessSpec& spec);
ExitStatus wait_process(pid_t pid);

/// In this thread: signals are for those that wait for them.
void block_all_signals();

struct Captured {
  ExitStatus status;
  std::string out;
  std::string err;
};
/// What is not for everybody, who can see a program's arguments.
struct CaptureInput {
  std::vector<std::string> variables;  ///< "K=V": besides what is inherited, or instead of it
  std::string text;                    ///< its standard input
};
/// Starts, feeds it that, collects both streams, waits.
Captured capture(const std::vector<std::string>& argv, const CaptureInput& input = {});

/// The program's absolute path by PATH, or an empty path.
std::filesystem::path find_program(const std::string& name);

/// The path of this executable, and its open descriptor-independent name for re-execution.
std::filesystem::path own_executable();

/// Who a folder of work in flight belongs to. A pid alone is reused; with the boot id and the start
/// time of the process it is not.
struct ProcessIdentity {
  std::string boot_id;
  pid_t pid = 0;
  uint64_t start_time = 0;  ///< clock ticks since boot, /proc/<pid>/stat field 22
  bool alive() const;       ///< that very process lives, on this boot
  friend bool operator==(const ProcessIdentity&, const ProcessIdentity&) = default;
};
ProcessIdentity own_identity();
/// In what process ids mean something here: the inode of this process's PID namespace.
uint64_t pid_namespace();
std::string boot_id();
/// Start time of a process, or 0 when it is gone, also when nobody has waited for it yet.
uint64_t process_start_time(pid_t pid);

}  // namespace trainyard
