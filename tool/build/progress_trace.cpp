#include "build/progress_trace.hpp"

#include <fcntl.h>
#include <time.h>

#include <cstdlib>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json.hpp"

namespace trainyard::build {

Reporter::Reporter(const Progress& receiver, std::string image, int total)
    : receiver_(receiver), image_(std::move(image)), total_(total) {
  const char* file = std::getenv("TRAINYARD_TRACE");
  if (file == nullptr || *file == '\0') return;
  trace_.reset(::open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!trace_) throw system_error("opening", file);
}

void Reporter::report(StepEvent::Kind kind, const PlannedStage& stage, const PlannedStep& step,
                      double seconds, std::string_view output) {
  if (kind == StepEvent::Kind::started) trace("started", step.number);
  if (kind == StepEvent::Kind::done) trace("done", step.number);
  if (kind == StepEvent::Kind::digest_known) trace("digest_known", step.number);
  if (!receiver_) return;
  StepEvent event{};
  event.kind = kind;
  event.image = image_;
  event.stage = stage.label;
  event.number = step.number;
  event.total = total_;
  event.text = step.text;
  event.output = output;
  event.seconds = seconds;
  receiver_(event);
}

void Reporter::trace(const char* event, int step) {
  if (!trace_) return;
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const int64_t time = static_cast<int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
  const Json line = {{"event", event}, {"image", image_}, {"step", step}, {"time_ns", time}};
  const std::lock_guard lock(mutex_);
  write_all(trace_.get(), dump_json(line) + "\n", "the trace");
}

}  // namespace trainyard::build
