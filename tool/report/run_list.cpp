#include "report/run_list.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>
#include <set>

#include "base/error.hpp"
#include "base/quantity.hpp"
#include "base/spelling.hpp"
#include "base/terminal.hpp"
#include "report/csv.hpp"
#include "report/table.hpp"

namespace trainyard::report {

namespace {

constexpr size_t k_brief_key = 12;
constexpr size_t k_seconds = 19;  ///< 2026-01-02T03:04:05

std::optional<double> number_of(const std::string& text) {
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || failure != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

/// What stands in a column of the row; nothing when the run has none.
struct Value {
  std::string text;
  std::optional<double> number;
};
std::optional<Value> value_of(const RunRow& row, const std::string& column) {
  if (const auto it = row.metrics.find(column); it != row.metrics.end())
    return Value{metric_text(it->second), it->second};
  if (const auto it = row.parameters.find(column); it != row.parameters.end())
    return Value{it->second, number_of(it->second)};
  if (column == "seconds") return Value{metric_text(row.seconds), row.seconds};
  if (column == "run") return Value{row.key, {}};
  if (column == "target") return Value{row.target, {}};
  if (column == "finished") return Value{row.finished, {}};
  if (column == "ancestor" && !row.ancestor.empty()) return Value{row.ancestor, {}};
  return std::nullopt;
}

std::vector<std::string> names_in(const std::vector<RunRow>& rows) {
  std::set<std::string> names = {"run", "target", "finished", "seconds"};
  for (const RunRow& row : rows) {
    for (const auto& [name, value] : row.parameters) names.insert(name);
    for (const auto& [name, value] : row.metrics) names.insert(name);
  }
  return {names.begin(), names.end()};
}

template <class T>
bool compare(const T& left, const std::string& op, const T& right) {
  if (op == "=" || op == "==") return left == right;
  if (op == "!=") return left != right;
  if (op == ">=") return left >= right;
  if (op == "<=") return left <= right;
  return op == ">" ? left > right : left < right;
}

std::vector<std::string> cells_of(const RunRow& row, const std::vector<std::string>& parameters,
                                  const std::vector<std::string>& metrics, RunListForm form) {
  const bool text = form == RunListForm::text;
  const std::string none = text ? "-" : "";
  std::vector<std::string> cells = {
      text ? row.key.substr(0, k_brief_key) + (row.current ? "*" : "") +
                 (row.ancestor.empty() ? "" : "+")
           : row.key,
      row.target, text ? row.finished.substr(0, k_seconds) + "Z" : row.finished,
      text ? format_duration(row.seconds) : metric_text(row.seconds)};
  for (const std::string& name : parameters) {
    const auto it = row.parameters.find(name);
    cells.push_back(it == row.parameters.end() ? none : text ? printable(it->second) : it->second);
  }
  for (const std::string& name : metrics) {
    const auto it = row.metrics.find(name);
    cells.push_back(it == row.metrics.end() ? none : metric_text(it->second));
  }
  return cells;
}

}  // namespace

std::string metric_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

RunRow row_of(const store::RunRecord& record, bool current) {
  RunRow row{record.key, record.target,  current,        record.finished, record.seconds,
             {},         record.metrics, record.ancestor};
  if (const auto it = record.spec.find("parameters"); it != record.spec.end())
    row.parameters = it->get<std::map<std::string, std::string>>();
  return row;
}

bool fits(const RunRow& row, const std::string& condition) {
  const size_t at = condition.find_first_of("<>=!");
  std::string op = at == std::string::npos ? "" : condition.substr(at, 1);
  if (!op.empty() && at + 1 < condition.size() && condition[at + 1] == '=') op += '=';
  if (at == 0 || op.empty() || op == "!")
    throw usage_error("reading the condition", "\"" + condition + "\"", "it compares nothing",
                      "write a name, one of >= <= == != > < and a value: accuracy>=0.9");
  const auto value = value_of(row, condition.substr(0, at));
  if (!value) return false;
  const std::string wanted = condition.substr(at + op.size());
  if (const auto number = number_of(wanted); number && value->number)
    return compare(*value->number, op, *number);
  return compare(value->text, op, wanted);
}

void sort_runs(std::vector<RunRow>& rows, const std::string& column) {
  const std::vector<std::string> names = names_in(rows);
  if (std::find(names.begin(), names.end(), column) == names.end())
    throw usage_error("sorting runs by", "\"" + column + "\"",
                      "none of them has a metric or parameter of this name",
                      suggestion(column, names));
  std::stable_sort(rows.begin(), rows.end(), [&column](const RunRow& left, const RunRow& right) {
    const auto a = value_of(left, column), b = value_of(right, column);
    if (!a || !b) return a.has_value() && !b;
    if (a->number && b->number) return *a->number < *b->number;
    return a->text < b->text;
  });
}

std::string run_list(const std::vector<RunRow>& rows, RunListForm form) {
  std::set<std::string> parameter_names, metric_names;
  for (const RunRow& row : rows) {
    for (const auto& [name, value] : row.parameters) parameter_names.insert(name);
    for (const auto& [name, value] : row.metrics) metric_names.insert(name);
  }
  const std::vector<std::string> parameters(parameter_names.begin(), parameter_names.end());
  const std::vector<std::string> metrics(metric_names.begin(), metric_names.end());
  std::vector<std::string> headings =
      form == RunListForm::text ? std::vector<std::string>{"RUN", "TARGET", "FINISHED", "TOOK"}
                                : std::vector<std::string>{"run", "target", "finished", "seconds"};
  headings.insert(headings.end(), parameters.begin(), parameters.end());
  headings.insert(headings.end(), metrics.begin(), metrics.end());
  std::string text;
  Table table(headings);
  if (form == RunListForm::csv) text += csv_line(headings);
  for (const RunRow& row : rows) {
    const std::vector<std::string> cells = cells_of(row, parameters, metrics, form);
    if (form == RunListForm::csv)
      text += csv_line(cells);
    else
      table.add(cells);
  }
  return form == RunListForm::csv ? text : table.render();
}

Json run_list_json(const std::vector<RunRow>& rows) {
  Json list = Json::array();
  for (const RunRow& row : rows) {
    list.push_back({{"run", row.key},
                    {"target", row.target},
                    {"current", row.current},
                    {"finished", row.finished},
                    {"seconds", row.seconds},
                    {"parameters", row.parameters},
                    {"metrics", row.metrics}});
    if (!row.ancestor.empty()) list.back()["ancestor"] = row.ancestor;
  }
  return list;
}

}  // namespace trainyard::report
