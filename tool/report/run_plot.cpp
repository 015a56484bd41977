#include "report/run_plot.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/error.hpp"
#include "base/spelling.hpp"

namespace trainyard::report {

namespace {

using training::Series;
using training::SeriesPoint;

constexpr size_t k_most_panels = 12;

const char* name_of(Along along) {
  switch (along) {
    case Along::epoch:
      return "epoch";
    case Along::step:
      return "step";
    case Along::time:
      return "time";
    case Along::row:
      break;
  }
  return "measurement";
}

double place_of(const SeriesPoint& point, Along along, size_t row) {
  switch (along) {
    case Along::epoch:
      return point.epoch;
    case Along::step:
      return point.step;
    case Along::time:
      return point.time;
    case Along::row:
      break;
  }
  return static_cast<double>(row + 1);
}

bool has(const Series& series, Along along) {
  return std::all_of(series.points.begin(), series.points.end(), [along](const SeriesPoint& point) {
    return std::isfinite(place_of(point, along, 0));
  });
}

/// A run's series among those that are drawn.
struct Chosen {
  size_t run;
  const Series* series;
};

std::set<std::string> names_in(const std::vector<RunSeries>& runs, size_t least_points) {
  std::set<std::string> names;
  for (const RunSeries& run : runs)
    for (const Series& series : run.series)
      if (series.points.size() >= least_points) names.insert(series.name);
  return names;
}

void check_names(const std::vector<std::string>& metrics, const std::set<std::string>& known) {
  for (const std::string& name : metrics)
    if (!known.contains(name))
      throw usage_error("drawing", "\"" + name + "\"", "none of the runs has such a series",
                        suggestion(name, {known.begin(), known.end()}));
}

std::vector<std::string> metrics_to_draw(const std::vector<RunSeries>& runs,
                                         const PlotChoice& choice, const training::Warn& warn) {
  check_names(choice.metrics, names_in(runs, 1));
  if (!choice.metrics.empty()) return choice.metrics;
  const std::set<std::string> found = names_in(runs, 2);
  std::vector<std::string> names(found.begin(), found.end());
  if (names.empty())
    throw usage_error("drawing", runs.size() == 1 ? runs.front().run.target : "the runs",
                      "their METRICS and PLOTS have no series, of more than one point",
                      "write a line an epoch to a file, JSON or CSV, and name it in PLOTS");
  if (!choice.together && names.size() > k_most_panels) {
    warn(std::to_string(names.size() - k_most_panels) + " of " + std::to_string(names.size()) +
         " series are left out; name those that you want: --metric " + names.back());
    names.resize(k_most_panels);
  }
  return names;
}

std::vector<Chosen> series_of(const std::vector<RunSeries>& runs, const std::string& metric) {
  std::vector<Chosen> chosen;
  for (size_t i = 0; i < runs.size(); ++i)
    for (const Series& series : runs[i].series)
      if (series.name == metric) chosen.push_back({i, &series});
  return chosen;
}

Along common_place(const std::vector<Chosen>& chosen) {
  for (const Along along : {Along::epoch, Along::step, Along::time})
    if (std::all_of(chosen.begin(), chosen.end(),
                    [along](const Chosen& one) { return has(*one.series, along); }))
      return along;
  return Along::row;
}

/// Times count from the first measurement of their run when they are those of a clock.
std::map<size_t, double> beginnings(const std::vector<RunSeries>& runs) {
  constexpr double k_clock = 1e8;  // seconds since 1970; no training takes three years
  std::map<size_t, double> begun;
  for (size_t i = 0; i < runs.size(); ++i)
    for (const Series& series : runs[i].series)
      for (const SeriesPoint& point : series.points)
        if (point.time > k_clock)
          begun[i] = begun.contains(i) ? std::min(begun[i], point.time) : point.time;
  return begun;
}

Curve curve_of(const Chosen& chosen, Along along, double begun) {
  Curve curve;
  const std::vector<SeriesPoint>& points = chosen.series->points;
  for (size_t i = 0; i < points.size(); ++i)
    curve.points.emplace_back(place_of(points[i], along, i) - (along == Along::time ? begun : 0),
                              points[i].value);
  return curve;
}

/// Seconds, minutes or hours, whatever gives numbers that can be read.
void scale_times(Plot& plot) {
  double longest = 0;
  for (const Panel& panel : plot.panels)
    for (const Curve& curve : panel.curves)
      for (const auto& [x, y] : curve.points)
        if (std::isfinite(x)) longest = std::max(longest, x);
  const double unit = longest < 180 ? 1 : longest < 3 * 3600 ? 60 : 3600;
  plot.x_label = unit == 1 ? "time (s)" : unit == 60 ? "time (min)" : "time (h)";
  for (Panel& panel : plot.panels)
    for (Curve& curve : panel.curves)
      for (auto& [x, y] : curve.points) x /= unit;
}

/// Of a sweep's point among others the sweep: parameters tell the points apart.
std::string target_among(const RunSeries& one, const std::vector<RunSeries>& runs) {
  const std::string& target = one.run.target;
  return runs.size() == 1 ? target : target.substr(0, target.find('/'));
}

std::set<std::string> targets_of(const std::vector<RunSeries>& runs) {
  std::set<std::string> targets;
  for (const RunSeries& one : runs) targets.insert(target_among(one, runs));
  return targets;
}

/// What tells each run from the others.
std::vector<std::string> labels_of(const std::vector<RunSeries>& runs) {
  std::set<std::string> names;
  for (const RunSeries& one : runs)
    for (const auto& [name, value] : one.run.parameters) names.insert(name);
  std::erase_if(names, [&runs](const std::string& name) {
    std::set<std::optional<std::string>> values;
    for (const RunSeries& one : runs) {
      const auto it = one.run.parameters.find(name);
      values.insert(it == one.run.parameters.end() ? std::nullopt : std::optional(it->second));
    }
    return values.size() == 1;
  });
  const bool name_targets = targets_of(runs).size() > 1 || names.empty();
  std::vector<std::string> labels;
  for (const RunSeries& one : runs) {
    std::string label = name_targets ? target_among(one, runs) : "";
    for (const std::string& name : names)
      if (const auto it = one.run.parameters.find(name); it != one.run.parameters.end())
        label += (label.empty() ? "" : "  ") + name + "=" + it->second;
    labels.push_back(label);
  }
  std::map<std::string, int> count;
  for (const std::string& label : labels) ++count[label];
  for (size_t i = 0; i < labels.size(); ++i)
    if (count[labels[i]] > 1 || labels[i].empty())
      labels[i] += (labels[i].empty() ? "" : "  ") + runs[i].run.key.substr(0, 12);
  return labels;
}

std::string title_of(const std::vector<RunSeries>& runs) {
  const std::set<std::string> targets = targets_of(runs);
  if (targets.size() > 3) return std::to_string(runs.size()) + " runs";
  std::string title;
  for (const std::string& target : targets) title += (title.empty() ? "" : ", ") + target;
  return title;
}

/// The panels of `metrics`; with `together` one panel, in which each curve has a look of its own.
void add_panels(Plot& plot, const std::vector<RunSeries>& runs,
                const std::vector<std::pair<std::string, std::vector<Chosen>>>& metrics,
                Along along, bool together) {
  const std::vector<std::string> labels = labels_of(runs);
  auto begun = beginnings(runs);
  if (!together) plot.legend = labels;
  if (together) plot.panels.emplace_back();
  for (const auto& [metric, chosen] : metrics) {
    if (!together) plot.panels.push_back({metric, {}});
    for (const Chosen& one : chosen) {
      Curve curve = curve_of(one, along, begun[one.run]);
      curve.look = together ? plot.legend.size() : one.run;
      if (together) plot.legend.push_back(metric + (runs.size() > 1 ? "  " + labels[one.run] : ""));
      plot.panels.back().curves.push_back(std::move(curve));
    }
  }
}

}  // namespace

Plot plot_of(const std::vector<RunSeries>& runs, const PlotChoice& choice,
             const training::Warn& warn) {
  std::vector<std::pair<std::string, std::vector<Chosen>>> metrics;
  std::vector<Chosen> all;
  for (const std::string& metric : metrics_to_draw(runs, choice, warn)) {
    metrics.emplace_back(metric, series_of(runs, metric));
    all.insert(all.end(), metrics.back().second.begin(), metrics.back().second.end());
  }
  const Along along = choice.along.value_or(common_place(all));
  for (auto& [metric, chosen] : metrics)
    std::erase_if(chosen, [&](const Chosen& one) {
      if (has(*one.series, along)) return false;
      warn("\"" + metric + "\" of " + runs[one.run].run.target + " (" +
           runs[one.run].run.key.substr(0, 12) + ") is left out: it does not say its " +
           name_of(along));
      return true;
    });
  std::erase_if(metrics, [](const auto& metric) { return metric.second.empty(); });
  if (metrics.empty())
    throw usage_error("drawing", "the series",
                      std::string("none of them says its ") + name_of(along),
                      std::string("they can be drawn along: --x ") + name_of(common_place(all)));
  Plot plot;
  plot.title = choice.title.empty() ? title_of(runs) : choice.title;
  plot.y_scale = choice.scale;
  plot.x_label = name_of(along);
  plot.x_numbers = along == Along::time ? Numbers::any : Numbers::whole;
  add_panels(plot, runs, metrics, along, choice.together);
  if (along == Along::time) scale_times(plot);
  return plot;
}

Json series_json(const std::vector<RunSeries>& runs, const std::vector<std::string>& metrics) {
  check_names(metrics, names_in(runs, 1));
  const auto list = [](const Series& series, Along along) {
    Json places = Json::array();
    for (const SeriesPoint& point : series.points) places.push_back(place_of(point, along, 0));
    return places;
  };
  Json all = Json::array();
  for (const RunSeries& one : runs) {
    Json rows = Json::array();
    for (const Series& series : one.series) {
      if (!metrics.empty() &&
          std::find(metrics.begin(), metrics.end(), series.name) == metrics.end())
        continue;
      Json values = Json::array();
      for (const SeriesPoint& point : series.points) values.push_back(point.value);
      Json row = {{"name", series.name}, {"value", std::move(values)}};
      for (const Along along : {Along::epoch, Along::step, Along::time})
        if (std::any_of(series.points.begin(), series.points.end(),
                        [along](const SeriesPoint& point) {
                          return std::isfinite(place_of(point, along, 0));
                        }))
          row[name_of(along)] = list(series, along);
      rows.push_back(std::move(row));
    }
    all.push_back({{"run", one.run.key},
                   {"target", one.run.target},
                   {"parameters", one.run.parameters},
                   {"series", std::move(rows)}});
  }
  return all;
}

}  // namespace trainyard::report
