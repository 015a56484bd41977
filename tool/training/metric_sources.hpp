#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/run_records.hpp"
#include "store/store.hpp"

namespace trainyard::training {

/// One file of a run's outputs that holds numbers.
struct MetricSource {
  std::string name;    ///< the output's path, and that in it, for messages
  std::string prefix;  ///< "validation/" for the tags of an event file in the folder `validation`
  oci::Digest digest;
  uint64_t size = 0;
  bool has_events = false;  ///< a TensorBoard event file; else what read_metric_rows takes
};

/// The files at `paths`, each an output's: metrics files, event files, or folders that hold event
/// files, at any depth, in the order of their names. Throws Error(failed) for a folder without one.
std::vector<MetricSource> metric_sources(const std::vector<store::Output>& outputs,
                                         const std::vector<std::string>& paths);

/// One number; of a row of text all have `row` in common, and no step or time of their own.
struct Measurement {
  std::string name;
  double value = 0;
  size_t row = 0;
  std::optional<double> step, time;
};
using MeasurementSink = std::function<void(const Measurement&)>;
using Warn = std::function<void(const std::string&)>;

/// All numbers of a source, in the order in which they stand. `warn` is told of an event file that
/// is damaged: what is whole is taken. Throws Error(failed) for a file that cannot be read.
void read_source(const store::Store& store, const MetricSource& source, const MeasurementSink& sink,
                 const Warn& warn);

/// The last value of each name in the files at `paths`; an event's name is its tag. At most 10000.
std::map<std::string, double> read_metrics(const store::Store& store,
                                           const std::vector<store::Output>& outputs,
                                           const std::vector<std::string>& paths, const Warn& warn);

}  // namespace trainyard::training
