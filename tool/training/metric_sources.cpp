#include "training/metric_sources.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "training/event_file.hpp"
#include "training/metrics_file.hpp"

namespace trainyard::training {

namespace {

MetricSource source_of(const store::Output& output, const store::OutputFile& file) {
  const size_t slash = file.path.rfind('/');
  return {file.path.empty() ? output.path : output.path + "/" + file.path,
          slash == std::string::npos ? "" : file.path.substr(0, slash + 1), file.digest, file.size,
          is_event_file(file.path.empty() ? output.path : file.path)};
}

void add_event_files(const store::Output& output, std::vector<MetricSource>& sources) {
  const size_t before = sources.size();
  for (const store::OutputFile& file : output.files)
    if (file.link.empty() && is_event_file(file.path)) sources.push_back(source_of(output, file));
  if (sources.size() == before)
    throw Error("reading metrics", output.path,
                "it is a folder without TensorBoard's event files (*.tfevents.*)",
                "declare the metrics file itself", ExitCode::failed);
  std::sort(
      sources.begin() + static_cast<std::ptrdiff_t>(before), sources.end(),
      [](const MetricSource& left, const MetricSource& right) { return left.name < right.name; });
}

void read_event_source(const store::Store& store, const MetricSource& source,
                       const MeasurementSink& sink, const Warn& warn) {
  const UniqueFd fd = open_for_reading(store.blob(source.digest));
  const EventFileEnd end = read_events(fd.get(), 0, source.name, [&](const ScalarEvent& event) {
    sink({source.prefix + event.tag, event.value, 0, static_cast<double>(event.step),
          event.wall_time});
  });
  if (!end.complaint.empty())
    warn("warning: reading metrics " + source.name + ": " + end.complaint +
         "; what stands before counts");
  if (end.passed_over > 0)
    warn("warning: reading metrics " + source.name + ": " + std::to_string(end.passed_over) +
         (end.passed_over == 1 ? " record is" : " records are") + " damaged and passed over");
}

}  // namespace

std::vector<MetricSource> metric_sources(const std::vector<store::Output>& outputs,
                                         const std::vector<std::string>& paths) {
  std::vector<MetricSource> sources;
  for (const std::string& path : paths)
    for (const store::Output& output : outputs) {
      if (output.path != path) continue;
      if (output.folder)
        add_event_files(output, sources);
      else
        sources.push_back(source_of(output, output.files.at(0)));
    }
  return sources;
}

void read_source(const store::Store& store, const MetricSource& source, const MeasurementSink& sink,
                 const Warn& warn) {
  if (source.has_events) return read_event_source(store, source, sink, warn);
  check_metrics_size(source.size, source.name);
  size_t row = 0;
  read_metric_rows(read_file(store.blob(source.digest)), source.name, [&](const MetricRow& values) {
    for (const auto& [name, value] : values) sink({name, value, row, {}, {}});
    ++row;
  });
}

std::map<std::string, double> read_metrics(const store::Store& store,
                                           const std::vector<store::Output>& outputs,
                                           const std::vector<std::string>& paths,
                                           const Warn& warn) {
  std::map<std::string, double> metrics;
  for (const MetricSource& source : metric_sources(outputs, paths))
    read_source(
        store, source,
        [&](const Measurement& one) {
          if (!metrics.contains(one.name)) check_metric_name(one.name, metrics.size(), source.name);
          metrics[one.name] = one.value;
        },
        warn);
  return metrics;
}

}  // namespace trainyard::training
