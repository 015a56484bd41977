#pragma once

#include <array>
#include <csignal>

#include "base/unique_fd.hpp"

namespace trainyard::training {

/// While it lives, SIGINT, SIGTERM and SIGHUP do not end the process but make `descriptor`
/// readable. Ones that were ignored (nohup) stay ignored. Handlers rather than a blocked mask: a
/// mask would be inherited by what is started. One object at a time.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  int descriptor() const { return reading_.get(); }
  /// How many came since the last call; does not wait.
  int take() const;

 private:
  static constexpr std::array k_numbers{SIGINT, SIGTERM, SIGHUP};
  UniqueFd reading_, writing_;
  std::array<struct sigaction, k_numbers.size()> before_{};
};

}  // namespace trainyard::training
