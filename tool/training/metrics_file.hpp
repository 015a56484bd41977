#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace trainyard::training {

/// The numbers of a metrics file: a JSON object (members of nested objects are named
/// "outer.inner"), JSON lines of such objects, or CSV with a header line (a file named *.csv). Of
/// several values of a name the last one counts. Strings, lists and null are passed over; NaN and
/// Infinity, as Python writes them, are read. Throws Error(failed) naming file, line and text when
/// it cannot be read.
/// At most 10000 names, and 2 MiB in one object or line.
std::map<std::string, double> parse_metrics(std::string_view text, const std::string& name);

/// Throws Error(failed) for a file of more bytes than are read.
void check_metrics_size(uint64_t size, const std::string& name);

}  // namespace trainyard::training
