#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/file.hpp"
#include "base/job.hpp"
#include "training/run_plan.hpp"

namespace trainyard::training {

/// Numbers of a training that is going on, the newest of each name; `step` and `epoch` among them
/// where its files say them.
using LiveMetrics = std::map<std::string, double>;

/// Looks each second, while it lives, into the METRICS and PLOTS of a run's scratch folder, by the
/// job "training.follow": the container's user may own the files. Of what was added since the last
/// look it tells the newest values, 64 names at most, from a thread of its own; a line or record
/// that is not complete yet is waited for. What cannot be read is passed over: at the end of the
/// run that is said anyhow.
class MetricsFollower {
 public:
  using Sink = std::function<void(const LiveMetrics&)>;
  /// With no sink, or a plan without such files, it does nothing. The engine must have started its
  /// container, and no job may be waited for (`Engine::settle`) before the follower is gone.
  MetricsFollower(JobRunner& runner, const RunPlan& plan, const fs::path& scratch, Sink sink);
  ~MetricsFollower();
  MetricsFollower(const MetricsFollower&) = delete;
  MetricsFollower& operator=(const MetricsFollower&) = delete;

 private:
  struct Thread;
  std::unique_ptr<Thread> thread_;
};

/// The job's function: `scratch`, `paths`, and `state`, what the last answer had as such (an
/// object, empty at first). Answers `state` and `values`: names with numbers as text, since JSON
/// has no number for some.
Json follow_job(const Json& request);
inline constexpr const char* k_follow_job = "training.follow";

/// LiveMetrics as JSON, and back.
Json to_json(const LiveMetrics& metrics);
LiveMetrics parse_live_metrics(const Json& json);

}  // namespace trainyard::training
