#include "report/sweep_table.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/quantity.hpp"
#include "base/terminal.hpp"
#include "report/csv.hpp"
#include "report/run_list.hpp"
#include "report/table.hpp"

namespace trainyard::report {

namespace {

using training::PointResult;

constexpr size_t k_shown_digits = 12;

struct Columns {
  std::vector<std::string> parameters, metrics;
};
Columns columns_of(const std::vector<PointResult>& results) {
  Columns columns;
  std::set<std::string> metrics;
  for (const PointResult& result : results) {
    for (const auto& [name, value] : result.point.values)
      if (std::find(columns.parameters.begin(), columns.parameters.end(), name) ==
          columns.parameters.end())
        columns.parameters.push_back(name);
    if (result.record)
      for (const auto& [name, value] : result.record->metrics) metrics.insert(name);
  }
  columns.metrics.assign(metrics.begin(), metrics.end());
  return columns;
}

std::string parameter_of(const PointResult& result, const std::string& name) {
  for (const auto& [known, value] : result.point.values)
    if (known == name) return value;
  return {};
}

std::string metric_of(const PointResult& result, const std::string& name) {
  if (!result.record) return {};
  const auto found = result.record->metrics.find(name);
  return found == result.record->metrics.end() ? std::string() : metric_text(found->second);
}

/// Smaller is better; what failed or has no such number comes last.
double rank_of(const PointResult& result, const training::Objective& objective) {
  if (!result.record) return INFINITY;
  const auto found = result.record->metrics.find(objective.metric);
  if (found == result.record->metrics.end() || std::isnan(found->second)) return 1e308;
  return objective.direction == training::Objective::Direction::minimize ? found->second
                                                                         : -found->second;
}

std::vector<const PointResult*> ordered(const training::SweepSpec& sweep,
                                        const std::vector<PointResult>& results) {
  std::vector<const PointResult*> rows;
  for (const PointResult& result : results) rows.push_back(&result);
  std::stable_sort(rows.begin(), rows.end(),
                   [&sweep](const PointResult* left, const PointResult* right) {
                     if (sweep.objective && left->record && right->record)
                       return rank_of(*left, *sweep.objective) < rank_of(*right, *sweep.objective);
                     return left->record && !right->record;
                   });
  return rows;
}

}  // namespace

std::string sweep_table(const training::SweepSpec& sweep, const std::vector<PointResult>& results,
                        size_t most) {
  const Columns columns = columns_of(results);
  std::vector<std::string> headings = {"RUN"};
  headings.insert(headings.end(), columns.parameters.begin(), columns.parameters.end());
  headings.insert(headings.end(), columns.metrics.begin(), columns.metrics.end());
  headings.emplace_back("TOOK");
  Table table(headings);
  const std::vector<const PointResult*> rows = ordered(sweep, results);
  for (size_t i = 0; i < std::min(most, rows.size()); ++i) {
    const PointResult& result = *rows[i];
    std::vector<std::string> cells = {result.record ? result.record->key.substr(0, k_shown_digits)
                                                    : "failed"};
    if (result.best) cells.back() += "*";
    for (const std::string& name : columns.parameters)
      cells.push_back(printable(parameter_of(result, name)));
    for (const std::string& name : columns.metrics) {
      const std::string text = metric_of(result, name);
      cells.push_back(text.empty() ? "-" : text);
    }
    cells.push_back(result.record ? format_duration(result.record->seconds) : "-");
    table.add(cells);
  }
  std::string text = table.render();
  if (rows.size() > most)
    text += "and " + std::to_string(rows.size() - most) +
            " more: " + printable(sweep.beside("csv").string()) + "\n";
  return text;
}

std::string sweep_csv(const std::vector<PointResult>& results) {
  const Columns columns = columns_of(results);
  std::vector<std::string> headings = {"point", "status"};
  headings.insert(headings.end(), columns.parameters.begin(), columns.parameters.end());
  headings.insert(headings.end(), columns.metrics.begin(), columns.metrics.end());
  headings.insert(headings.end(), {"seconds", "run"});
  std::string text = csv_line(headings);
  for (const PointResult& result : results) {
    std::vector<std::string> cells = {result.point.name, result.record ? "done" : "failed"};
    for (const std::string& name : columns.parameters) cells.push_back(parameter_of(result, name));
    for (const std::string& name : columns.metrics) cells.push_back(metric_of(result, name));
    cells.push_back(result.record ? metric_text(result.record->seconds) : "");
    cells.push_back(result.record ? result.record->key : "");
    text += csv_line(cells);
  }
  return text;
}

}  // namespace trainyard::report
