#pragma once

#include <limits>
#include <string>
#include <vector>

#include "training/metric_sources.hpp"

namespace trainyard::training {

/// A value and where in the training it was taken; what is not known of that is NaN.
struct SeriesPoint {
  static constexpr double k_unknown = std::numeric_limits<double>::quiet_NaN();
  double value = 0;
  double epoch = k_unknown, step = k_unknown;
  double time = k_unknown;  ///< seconds: since 1970, or since the training began
};

/// How one metric went.
struct Series {
  std::string name;
  std::vector<SeriesPoint> points;  ///< in the order in which they were written
};

/// The series of a run, by name, from its METRICS and PLOTS in the store; `more_plots` are paths of
/// outputs that its record does not know as such. In a row of text, `epoch`, `step` (also
/// `global_step`, `iteration`) and `time` (`wall_time`, `timestamp`, `elapsed`) say where it was
/// taken. Of event files of one folder, a later one stands for what earlier ones have from its
/// first step on: that training was taken up again. Of several files with one name, that with most
/// points counts. Throws Error(failed) for a file that cannot be read, or for more than two million
/// points.
std::vector<Series> read_series(const store::Store& store, const store::RunRecord& record,
                                const std::vector<std::string>& more_plots, const Warn& warn);

}  // namespace trainyard::training
