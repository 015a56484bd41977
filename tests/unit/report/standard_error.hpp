#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/error.hpp"
#include "base/unique_fd.hpp"

namespace trainyard::testing {

/// Descriptor 2 leads to `fd` while the object lives.
class StandardErrorTo {
 public:
  explicit StandardErrorTo(int fd) : saved_(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) {
    if (!saved_ || ::dup2(fd, STDERR_FILENO) < 0) throw system_error("redirecting", "descriptor 2");
  }
  ~StandardErrorTo() { ::dup2(saved_.get(), STDERR_FILENO); }
  StandardErrorTo(const StandardErrorTo&) = delete;
  StandardErrorTo& operator=(const StandardErrorTo&) = delete;

 private:
  UniqueFd saved_;
};

/// Reads all that comes out of `fd` until its other end is closed, so that no writer ever waits.
class Collector {
 public:
  explicit Collector(int fd) : fd_(fd), reader_([this] { collect(); }) {}
  /// Waits for the end, which the other end's closing brings.
  ~Collector() {
    if (reader_.joinable()) reader_.join();
  }
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  /// Everything, after the other end was closed.
  std::string finish() {
    reader_.join();
    return text_;
  }
  /// Whether what has come satisfies `condition`, at the latest after half a minute.
  bool wait_until(const std::function<bool(const std::string&)>& condition) {
    std::unique_lock lock(mutex_);
    return came_.wait_for(lock, std::chrono::seconds(30), [&] { return condition(text_); });
  }

 private:
  void collect() {
    char buffer[4096];
    ssize_t n = 0;
    while ((n = ::read(fd_, buffer, sizeof buffer)) > 0) {
      {
        const std::lock_guard lock(mutex_);
        text_.append(buffer, static_cast<size_t>(n));
      }
      came_.notify_all();
    }
  }

  const int fd_;
  std::mutex mutex_;
  std::condition_variable came_;
  std::string text_;
  std::thread reader_;
};

/// What `action` writes to descriptor 2, which is a pipe meanwhile.
inline std::string standard_error_of(const std::function<void()>& action) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw system_error("making", "a pipe");
  const UniqueFd read_end(ends[0]);
  Collector collector(read_end.get());
  UniqueFd write_end(ends[1]);
  {
    const StandardErrorTo redirected(write_end.get());
    action();
  }
  write_end.reset();
  return collector.finish();
}

}  // namespace trainyard::testing
