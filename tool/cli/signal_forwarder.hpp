#pragma once

#include <functional>
#include <mutex>
#include <thread>

namespace trainyard::cli {

/// Hands SIGINT, SIGTERM, SIGHUP and SIGQUIT that reach the tool to `receiver`, once each, from a
/// thread of its own. Make it before any other thread: it blocks these signals for all threads that
/// come after. The third signal ends the tool at once.
class SignalForwarder {
 public:
  SignalForwarder();
  ~SignalForwarder();
  SignalForwarder(const SignalForwarder&) = delete;
  SignalForwarder& operator=(const SignalForwarder&) = delete;

  /// Signals that came before are delivered now; an empty function stops the delivery.
  void set_receiver(std::function<void(int)> receiver);
  /// The last signal that came, 0 when none did.
  int last() const;

 private:
  void serve();

  mutable std::mutex mutex_;
  std::function<void(int)> receiver_;
  int last_ = 0;
  int count_ = 0;
  bool delivered_ = true;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace trainyard::cli
