#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "store/run_records.hpp"
#include "training/sweep_spec.hpp"

namespace trainyard::training {

struct PointResult {
  SweepPoint point;
  std::optional<store::RunRecord> record;  ///< of a point that ended well
  std::string failure;                     ///< else why it did not
  bool best = false;
};

/// What became of the points, in the order of the spec. Stamps of failed points are removed, so
/// that the next build tries these again. Throws Error, for the next build to mend, when the store
/// has lost results; a usage error when no point has the objective's metric.
std::vector<PointResult> collect_sweep(const store::Store& store, const SweepSpec& sweep);

/// How a failure is noted for collect_sweep.
void note_failure(const SweepSpec& sweep, const SweepPoint& point, const std::string& cause);

/// Takes away what the build tree remembers of points that the sweep has no more: what they made is
/// then garbage like any other.
void forget_other_points(const store::Store& store, const SweepSpec& sweep);

/// `<name>.json`: docs/spec-files.md has its members.
Json summary_json(const SweepSpec& sweep, const std::vector<PointResult>& results);

}  // namespace trainyard::training
