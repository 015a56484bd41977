#pragma once

#include <string>
#include <vector>

namespace trainyard::dockerfile {

/// A field of a line of comma-separated values: one in double quotes may hold commas, and `""` for
/// a quote.
struct CsvField {
  std::string text;
  size_t begin = 0;  ///< in the value
  size_t size = 0;
};

/// At least one.
std::vector<CsvField> csv_fields(const std::string& value);

}  // namespace trainyard::dockerfile
