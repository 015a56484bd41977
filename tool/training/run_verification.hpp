#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.hpp"
#include "store/store.hpp"

namespace trainyard::training {

/// A file of the outputs that is not what it was.
struct OutputDifference {
  std::string path;              ///< with the output's own path
  std::string what;              ///< "has other bytes from 1024 on", "was not written", …
  uint64_t before = 0, now = 0;  ///< sizes
  bool only_once = false;        ///< it is new, or was not written
  std::optional<uint64_t> first_differing;  ///< offset, where both are files
};
struct MetricDifference {
  std::string name;
  std::optional<double> before, now;
};

struct RunVerification {
  std::string key, target;
  double before = 0, now = 0;  ///< seconds
  size_t files = 0;            ///< that were compared
  std::vector<OutputDifference> outputs;
  std::vector<MetricDifference> metrics;
  bool same() const { return outputs.empty() && metrics.empty(); }
};

struct VerifyEvents {
  std::function<void(std::string_view bytes)> log;
  std::function<void(const std::string& line)> note;
  /// The container was started (its pointer), or has ended (null).
  std::function<void(engine::Container*)> container;
  std::function<bool()> stop_requested;  ///< asked while devices are waited for, and at the end
};

/// Runs a finished run again, from its record: the same image, the same inputs, a working folder
/// that goes away afterwards. Record, store and build tree stay as they are. Throws a usage error
/// that names an input that is not what it was, or says what is missing; Error(failed) when the
/// command fails this time; Error(interrupted).
RunVerification verify_run(const store::Store& store, engine::Engine& engine,
                           const std::string& key, const VerifyEvents& events);

}  // namespace trainyard::training
