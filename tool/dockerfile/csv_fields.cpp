#include "dockerfile/csv_fields.hpp"

namespace trainyard::dockerfile {

std::vector<CsvField> csv_fields(const std::string& value) {
  std::vector<CsvField> fields;
  for (size_t i = 0; i <= value.size();) {
    CsvField field{"", i, 0};
    if (i < value.size() && value[i] == '"') {
      for (++i; i < value.size(); ++i) {
        if (value[i] == '"' && (++i >= value.size() || value[i] != '"')) break;
        field.text += value[i];
      }
    }
    for (; i < value.size() && value[i] != ','; ++i) field.text += value[i];
    field.size = i - field.begin;
    fields.push_back(std::move(field));
    ++i;  // the comma
  }
  return fields;
}

}  // namespace trainyard::dockerfile
