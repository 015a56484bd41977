#include "cli/signal_forwarder.hpp"

#include <pthread.h>
#include <unistd.h>

#include <csignal>

namespace trainyard::cli {

namespace {
constexpr int k_wake = SIGUSR2;  // ends serve(); nobody else sends it

sigset_t forwarded_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, k_wake}) sigaddset(&set, number);
  return set;
}
}  // namespace

SignalForwarder::SignalForwarder() {
  const sigset_t set = forwarded_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this] { serve(); });
}

SignalForwarder::~SignalForwarder() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  ::pthread_kill(thread_.native_handle(), k_wake);
  thread_.join();
  const sigset_t set = forwarded_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void SignalForwarder::set_receiver(std::function<void(int)> receiver) {
  const std::lock_guard lock(mutex_);
  receiver_ = std::move(receiver);
  if (!delivered_ && receiver_) {
    receiver_(last_);
    delivered_ = true;
  }
}

int SignalForwarder::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

void SignalForwarder::serve() {
  const sigset_t set = forwarded_signals();
  while (true) {
    int number = 0;
    if (::sigwait(&set, &number) != 0) continue;
    const std::lock_guard lock(mutex_);
    if (number == k_wake) {
      if (ending_) return;
      continue;
    }
    last_ = number;
    if (++count_ >= 3) ::_exit(128 + number);
    delivered_ = static_cast<bool>(receiver_);
    if (receiver_) receiver_(number);
  }
}

}  // namespace trainyard::cli
