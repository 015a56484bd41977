#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "report/plot.hpp"
#include "report/run_list.hpp"
#include "training/series.hpp"

namespace trainyard::report {

struct RunSeries {
  RunRow run;
  std::vector<training::Series> series;  ///< by name
};

/// What a series is drawn over. `row`: the number of the measurement, from 1.
enum class Along { epoch, step, time, row };

struct PlotChoice {
  std::vector<std::string> metrics;  ///< by name; all that have more than one point when empty
  std::optional<Along> along;        ///< absent: the first of epoch, step and time that all have
  Scale scale = Scale::linear;
  bool together = false;  ///< all metrics in one panel
  std::string title;      ///< absent: the targets' names
};

/// A panel for each metric, a curve in it for each run. The legend names runs by their target,
/// where they are of several, and the parameters that differ. `warn` is told what is left out.
/// Throws a usage error, with the nearest name, for a metric that no run has, and when nothing is
/// left.
Plot plot_of(const std::vector<RunSeries>& runs, const PlotChoice& choice,
             const training::Warn& warn);

/// The series as they are, for other programs: a list of runs; of each series the lists `value`
/// and, where anything is known of it, `epoch`, `step`, `time`.
Json series_json(const std::vector<RunSeries>& runs, const std::vector<std::string>& metrics);

}  // namespace trainyard::report
