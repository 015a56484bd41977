#include "training/series.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "base/error.hpp"
#include "training/metrics_file.hpp"

namespace trainyard::training {

namespace {

constexpr size_t k_most_points = 2'000'000;

constexpr std::array<std::string_view, 3> k_steps{"step", "global_step", "iteration"};
constexpr std::array<std::string_view, 4> k_times{"time", "wall_time", "timestamp", "elapsed"};

/// How many there are to be: the same in each row.
constexpr std::array<std::string_view, 6> k_totals{"epochs", "total_epochs", "max_epochs",
                                                   "steps",  "total_steps",  "max_steps"};

template <class Names>
bool is_one_of(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

using SeriesByName = std::map<std::string, Series>;

/// The series of one text file, or of the event files of one folder.
class Collector {
 public:
  Collector(const MetricSource& source, size_t& points) : source_(&source), points_(points) {}

  void begin(const MetricSource& source) {
    source_ = &source;
    begun_.clear();
  }

  void take(const Measurement& one) {
    if (source_->has_events)
      take_event(one);
    else
      take_cell(one);
  }

  SeriesByName finish() {
    end_row();
    return std::move(series_);
  }

 private:
  void take_event(const Measurement& one) {
    std::vector<SeriesPoint>& points = points_of(one.name);
    if (begun_.insert(one.name).second)
      while (!points.empty() && points.back().step >= *one.step) points.pop_back();
    add(points, {one.value, SeriesPoint::k_unknown, *one.step, *one.time});
  }

  void take_cell(const Measurement& one) {
    if (one.row != row_) end_row();
    row_ = one.row;
    if (one.name == "epoch")
      place_.epoch = one.value;
    else if (is_one_of(k_steps, one.name))
      place_.step = one.value;
    else if (is_one_of(k_times, one.name))
      place_.time = one.value;
    else if (!is_one_of(k_totals, one.name))
      cells_.emplace_back(one.name, one.value);
  }

  void end_row() {
    for (const auto& [name, value] : cells_) {
      SeriesPoint point = place_;
      point.value = value;
      add(points_of(name), point);
    }
    cells_.clear();
    place_ = {};
  }

  std::vector<SeriesPoint>& points_of(const std::string& name) {
    if (!series_.contains(name)) check_metric_name(name, series_.size(), source_->name);
    Series& series = series_[name];
    series.name = name;
    return series.points;
  }

  void add(std::vector<SeriesPoint>& points, const SeriesPoint& point) {
    if (++points_ > k_most_points)
      throw Error("reading metrics", source_->name, "the run has more than 2000000 points",
                  "write them less often", ExitCode::failed);
    points.push_back(point);
  }

  const MetricSource* source_;
  size_t& points_;
  SeriesByName series_;
  std::set<std::string> begun_;  ///< tags that the present event file has had
  size_t row_ = 0;
  SeriesPoint place_;
  MetricRow cells_;
};

/// Files whose series go on in each other: the event files of one folder.
std::string group_of(const MetricSource& source) {
  return source.has_events ? source.name.substr(0, source.name.rfind('/') + 1) : source.name;
}

}  // namespace

std::vector<Series> read_series(const store::Store& store, const store::RunRecord& record,
                                const std::vector<std::string>& more_plots, const Warn& warn) {
  std::vector<std::string> paths;
  const auto metrics = record.spec.value("metrics", std::vector<std::string>());
  for (const std::vector<std::string>* list : {&record.plots, &more_plots, &metrics})
    for (const std::string& path : *list)
      if (!is_one_of(paths, path)) paths.push_back(path);
  size_t points = 0;
  std::map<std::string, Collector> groups;
  const std::vector<MetricSource> sources = metric_sources(record.outputs, paths);
  for (const MetricSource& source : sources) {
    Collector& group = groups.try_emplace(group_of(source), source, points).first->second;
    group.begin(source);
    read_source(
        store, source, [&group](const Measurement& one) { group.take(one); }, warn);
  }
  SeriesByName longest;
  for (auto& [name, group] : groups)
    for (auto& [metric, series] : group.finish())
      if (longest[metric].points.size() < series.points.size()) longest[metric] = std::move(series);
  std::vector<Series> all;
  for (auto& [metric, series] : longest) all.push_back(std::move(series));
  return all;
}

}  // namespace trainyard::training
