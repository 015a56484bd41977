#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trainyard::training {

/// What one object, one line or one row of a metrics file says, in its order.
using MetricRow = std::vector<std::pair<std::string, double>>;
using MetricRowSink = std::function<void(const MetricRow&)>;

/// Reads a metrics file: a JSON object (members of nested objects are named "outer.inner"), JSON
/// lines of such objects, or CSV with a header line (a file named *.csv). Strings, lists and null
/// are passed over; NaN and Infinity, as Python writes them, and nan and inf, as C++ does, are
/// read. Throws Error(failed) naming file, line and text when it cannot be read. At most 2 MiB in
/// one object or line.
void read_metric_rows(std::string_view text, const std::string& name, const MetricRowSink& sink);

/// The same; of several values of a name the last one counts. At most 10000 names.
std::map<std::string, double> parse_metrics(std::string_view text, const std::string& name);

/// Throws Error(failed) for a name that is too long, or one too many beside `others`.
void check_metric_name(const std::string& name, size_t others, const std::string& file);

/// Throws Error(failed) for a file of more bytes than are read.
void check_metrics_size(uint64_t size, const std::string& name);

}  // namespace trainyard::training
