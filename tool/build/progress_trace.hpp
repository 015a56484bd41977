#pragma once

#include <mutex>
#include <string>

#include "base/unique_fd.hpp"
#include "build/build_image.hpp"
#include "build/plan.hpp"

namespace trainyard::build {

/// Tells the receiver what happens to steps; with TRAINYARD_TRACE naming a file, also appends a
/// JSON line
/// {"event","image","step","time_ns"} to it for `started`, `done` and `digest_known` (time:
/// CLOCK_MONOTONIC), so that tests can see what overlapped. Thread-safe.
class Reporter {
 public:
  Reporter(const Progress& receiver, std::string image, int total);

  void report(StepEvent::Kind kind, const PlannedStage& stage, const PlannedStep& step,
              double seconds = 0, std::string_view output = {});

 private:
  void trace(const char* event, int step);

  const Progress& receiver_;
  const std::string image_;
  const int total_;
  std::mutex mutex_;
  UniqueFd trace_;
};

}  // namespace trainyard::build
