#pragma once

#include <string>
#include <vector>

#include "training/sweep_summary.hpp"

namespace trainyard::report {

/// For people: the best point, which has a star, first, failed ones last; of many points the first
/// `most` and how many more there are. Without an objective in the order of the spec.
std::string sweep_table(const training::SweepSpec& sweep,
                        const std::vector<training::PointResult>& results, size_t most);

/// All points in the order of the spec; a column for each parameter and each metric.
std::string sweep_csv(const std::vector<training::PointResult>& results);

}  // namespace trainyard::report
