#pragma once

#include "base/json.hpp"
#include "base/unique_fd.hpp"
#include "engine/engine.hpp"
#include "engine/native/container_link.hpp"

namespace trainyard::engine::native {

/// The container's side: a socket at `path` on which a runtime hands over the master of the
/// pseudo-terminal that it makes inside the container (--console-socket; runc's docs/terminals.md).
class ConsoleSocket {
 public:
  explicit ConsoleSocket(const fs::path& folder);
  /// Relative to `folder`, in which the runtime is started: addresses of sockets are short.
  static constexpr const char* k_name = "console";
  /// Once the runtime has ended. Throws Error when it sent nothing.
  UniqueFd receive_master();

 private:
  UniqueFd listening_;
};

/// `process.consoleSize` of the tool's own terminal, or null when it has none.
Json window_size();

/// The tool's side: a container whose pseudo-terminal is wired to the tool's own terminal. While
/// `wait` runs the tool's terminal is in raw mode; its size follows the window. Output goes to the
/// sink, or without one to standard output.
class TerminalContainer : public Container {
 public:
  TerminalContainer(Channel channel, UniqueFd master);
  void signal(int number) override { link_.signal(number); }
  ContainerResult wait(const OutputSink& sink) override;

 private:
  ContainerLink link_;
  UniqueFd master_;
};

}  // namespace trainyard::engine::native
