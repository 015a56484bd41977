#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "store/run_records.hpp"

namespace trainyard::report {

/// What people compare of a finished run.
struct RunRow {
  std::string key;
  std::string target;
  bool current = false;  ///< a build tree's present one
  std::string finished;  ///< RFC 3339, UTC, to the millisecond
  double seconds = 0;
  std::map<std::string, std::string> parameters;
  std::map<std::string, double> metrics;
  std::string ancestor;  ///< key of the run whose checkpoints it began with; empty: none
};
RunRow row_of(const store::RunRecord& record, bool current);

/// "accuracy>=0.9", "rate=0.1", "target!=old": a metric, a parameter, or one of run, target,
/// finished, seconds, with one of >= <= == = != > <. Numbers are compared as numbers, all else as
/// text; a run that has no such value does not fit. Throws a usage error for what is no condition.
bool fits(const RunRow& row, const std::string& condition);

/// By a metric, a parameter, or one of run, target, finished, seconds; runs without it come last.
/// Throws a usage error, with the nearest name, for one that no run has.
void sort_runs(std::vector<RunRow>& rows, const std::string& column);

enum class RunListForm { text, csv };
/// A column for each parameter and each metric that a run has.
std::string run_list(const std::vector<RunRow>& rows, RunListForm form);
Json run_list_json(const std::vector<RunRow>& rows);

/// A metric as people read it: nine digits at most.
std::string metric_text(double value);

}  // namespace trainyard::report
