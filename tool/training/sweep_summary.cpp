#include "training/sweep_summary.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "store/roots.hpp"
#include "training/lost_results.hpp"

namespace trainyard::training {

namespace {

/// Empty where it has none, and where it is no number that could be better or worse.
std::optional<double> value_of(const PointResult& result, const std::string& metric) {
  if (!result.record) return std::nullopt;
  const auto found = result.record->metrics.find(metric);
  if (found == result.record->metrics.end() || std::isnan(found->second)) return std::nullopt;
  return found->second;
}

void require_metric(const SweepSpec& sweep, const std::vector<PointResult>& results) {
  std::set<std::string> known;
  for (const PointResult& result : results)
    if (result.record)
      for (const auto& [name, value] : result.record->metrics) known.insert(name);
  const bool ended = std::any_of(results.begin(), results.end(),
                                 [](const PointResult& result) { return bool(result.record); });
  const std::string& metric = sweep.objective->metric;
  if (!ended || known.contains(metric)) return;
  const std::string near = suggestion(metric, {known.begin(), known.end()});
  throw usage_error(
      "comparing the points of " + sweep.name + " by", "\"" + metric + "\"",
      "none of them has a metric of this name",
      near.empty() ? "mend OBJECTIVE, or let the run write it to a file of METRICS" : near);
}

void mark_best(const SweepSpec& sweep, std::vector<PointResult>& results) {
  const bool minimize = sweep.objective->direction == Objective::Direction::minimize;
  PointResult* best = nullptr;
  double reached = 0;
  for (PointResult& result : results) {
    const auto value = value_of(result, sweep.objective->metric);
    if (!value || (best != nullptr && (minimize ? *value >= reached : *value <= reached))) continue;
    best = &result;
    reached = *value;
  }
  if (best != nullptr) best->best = true;
}

}  // namespace

std::vector<PointResult> collect_sweep(const store::Store& store, const SweepSpec& sweep) {
  const RunSpec run = read_run_spec(sweep.run);  // what is lost is told by its image
  std::vector<PointResult> results;
  std::optional<Error> lost;
  for (const SweepPoint& point : sweep.points) {
    const PointFiles files = files_of(sweep, point);
    PointResult result{point, {}, {}};
    if (auto failure = read_file_if_exists(files.failure)) {
      result.failure = std::move(*failure);
      remove_file(files.stamp);
    } else {
      try {
        result.record = require_finished_run(store, run, files.result, LookAt::sizes);
      } catch (const Error& error) {
        remove_file(files.stamp);
        lost = Error("finding the result of", rooted_name(sweep, point), error.cause(),
                     error.hint().empty() ? "build again" : error.hint(), error.code());
      }
    }
    results.push_back(std::move(result));
  }
  if (lost) throw std::move(*lost);
  if (sweep.objective) {
    require_metric(sweep, results);
    mark_best(sweep, results);
  }
  return results;
}

void note_failure(const SweepSpec& sweep, const SweepPoint& point, const std::string& cause) {
  const PointFiles files = files_of(sweep, point);
  remove_file(files.result);
  write_file_atomic(files.failure, cause);
}

void forget_other_points(const store::Store& store, const SweepSpec& sweep) {
  std::set<std::string> names;
  for (const SweepPoint& point : sweep.points) names.insert(rooted_name(sweep, point));
  for (const store::RootedTarget& root : store::list_roots(store))
    if (root.kind == store::TargetKind::run && root.spec == sweep.file &&
        !names.contains(root.target))
      store::remove_root(store, root);
}

Json summary_json(const SweepSpec& sweep, const std::vector<PointResult>& results) {
  Json points = Json::array();
  Json best = nullptr;
  for (const PointResult& result : results) {
    Json values = Json::object();
    for (const auto& [name, value] : result.point.values) values[name] = value;
    Json point = {{"point", result.point.name},
                  {"parameters", std::move(values)},
                  {"status", result.record ? "done" : "failed"}};
    if (result.record) {
      point["run"] = result.record->key;
      point["metrics"] = result.record->metrics;
      point["seconds"] = result.record->seconds;
      point["finished"] = result.record->finished;
    } else {
      point["error"] = result.failure;
    }
    if (result.best) best = result.point.name;
    points.push_back(std::move(point));
  }
  Json objective = nullptr;
  if (sweep.objective)
    objective = {
        {"metric", sweep.objective->metric},
        {"direction",
         sweep.objective->direction == Objective::Direction::minimize ? "minimize" : "maximize"}};
  return {{"schema", 1},
          {"sweep", sweep.name},
          {"objective", std::move(objective)},
          {"best", std::move(best)},
          {"points", std::move(points)}};
}

}  // namespace trainyard::training
