#pragma once

#include <string>
#include <vector>

namespace trainyard::report {

/// A line of comma-separated values (RFC 4180), with its end.
std::string csv_line(const std::vector<std::string>& fields);

}  // namespace trainyard::report
