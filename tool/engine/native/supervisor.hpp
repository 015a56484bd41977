#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "base/unique_fd.hpp"
#include "engine/native/channel.hpp"
#include "engine/native/id_map.hpp"

namespace trainyard::engine::native {

/// The tool's side of the supervisor: this executable started anew as the first process of new
/// mount, PID and (as an ordinary user) user namespaces. When this process ends in whatever way,
/// the supervisor ends, and the kernel ends and unmounts everything in its namespaces.
///
/// A thread of its own starts the supervisor and lives as long as it: PDEATHSIG fires when the
/// *thread* that cloned ends, not the process.
class Supervisor {
 public:
  /// Begins to start it; `open_request` tells how that went.
  explicit Supervisor(IdMap map);
  /// Returns when its children have ended.
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// A channel to a fresh child of the supervisor. Throws Error(machine) when this machine does not
  /// let us start it. Thread-safe.
  Channel open_request();

 private:
  void run_thread();
  void start();
  void await_ready();

  IdMap map_;
  UniqueFd control_;
  pid_t pid_ = -1;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool started_ = false;
  bool stopping_ = false;
  std::exception_ptr failure_;
  std::thread thread_;
};

/// Descriptors of the supervisor, by agreement of both sides.
constexpr int k_control_fd =
    3;  ///< SOCK_SEQPACKET: one request socket a message; its end ends the supervisor
constexpr int k_tool_fd = 4;  ///< pidfd of the tool

}  // namespace trainyard::engine::native
