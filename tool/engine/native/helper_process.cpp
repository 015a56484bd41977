#include "engine/native/helper_process.hpp"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/error.hpp"

namespace trainyard::engine::native {

namespace {

void wait_for(pid_t pid) {
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

HelperProcess::HelperProcess(pid_t pid)
    : pid_(pid), pidfd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {
  if (pidfd_) return;
  const int number = errno;
  ::kill(pid, SIGKILL);
  wait_for(pid);
  throw system_error("watching", "process " + std::to_string(pid), number);
}

HelperProcess& HelperProcess::operator=(HelperProcess&& other) noexcept {
  if (this == &other) return *this;
  end();
  pid_ = other.pid_;
  pidfd_ = std::move(other.pidfd_);
  return *this;
}

void HelperProcess::end() noexcept {
  if (!pidfd_) return;
  // It succeeds for one that has ended, too, until that was waited for.
  if (::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0) == 0) wait_for(pid_);
  pidfd_.reset();
}

}  // namespace trainyard::engine::native
