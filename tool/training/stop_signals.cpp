#include "training/stop_signals.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"

namespace trainyard::training {

namespace {

volatile std::sig_atomic_t writing_end = -1;

void note_signal(int) {
  const int number = errno;
  const char byte = 1;
  const ssize_t ignored = ::write(writing_end, &byte, 1);
  (void)ignored;
  errno = number;
}

}  // namespace

StopSignals::StopSignals() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0) throw system_error("making", "a pipe");
  reading_.reset(fds[0]);
  writing_.reset(fds[1]);
  writing_end = writing_.get();
  struct sigaction action {};
  action.sa_handler = note_signal;
  action.sa_flags = SA_RESTART;
  for (size_t i = 0; i < k_numbers.size(); ++i) {
    ::sigaction(k_numbers[i], nullptr, &before_[i]);
    if (before_[i].sa_handler != SIG_IGN) ::sigaction(k_numbers[i], &action, nullptr);
  }
}

StopSignals::~StopSignals() {
  for (size_t i = 0; i < k_numbers.size(); ++i) ::sigaction(k_numbers[i], &before_[i], nullptr);
  writing_end = -1;
}

int StopSignals::take() const {
  char bytes[64];
  int count = 0;
  for (ssize_t n = 0; (n = ::read(reading_.get(), bytes, sizeof bytes)) > 0;)
    count += static_cast<int>(n);
  return count;
}

}  // namespace trainyard::training
