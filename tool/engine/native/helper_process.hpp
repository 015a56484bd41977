#pragma once

#include <sys/types.h>

#include "base/unique_fd.hpp"

namespace trainyard::engine::native {

/// A child that is ended with this object. It is held by a descriptor, not by its number: where
/// another part of this process waits for any child, it may have been waited for there, and its
/// number be somebody else's by now; then nothing is done. Not for processes with several threads.
class HelperProcess {
 public:
  HelperProcess() = default;
  /// Takes over a child that nobody has waited for. Throws Error, and has ended it, when it cannot
  /// be held.
  explicit HelperProcess(pid_t pid);
  ~HelperProcess() { end(); }
  HelperProcess(HelperProcess&& other) noexcept = default;
  HelperProcess& operator=(HelperProcess&& other) noexcept;

  pid_t pid() const { return pid_; }
  void end() noexcept;

 private:
  pid_t pid_ = -1;
  UniqueFd pidfd_;
};

}  // namespace trainyard::engine::native
