#include <charconv>
#include <cmath>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "training/training_run.hpp"

namespace trainyard::training {

namespace {

constexpr const char* k_form =
    "write it as \"<metric><op><number>\" with one of >= <= == != > <, for example "
    "\"accuracy>=0.95\"";

std::string trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

double parse_bound(const std::string& text, const std::string& assertion) {
  double value = 0;
  const char* start = text.c_str() + (text.starts_with('+') ? 1 : 0);
  const char* end = text.c_str() + text.size();
  const auto result = std::from_chars(start, end, value);
  if (result.ec != std::errc() || result.ptr != end)
    throw usage_error("reading assertion", "\"" + assertion + "\"",
                      "\"" + text + "\" is not a number", k_form);
  return value;
}

bool compare(double value, const std::string& op, double bound) {
  if (std::isnan(value) || std::isnan(bound)) return false;
  if (op == ">=") return value >= bound;
  if (op == "<=") return value <= bound;
  if (op == "==") return value == bound;
  if (op == "!=") return value != bound;
  return op == ">" ? value > bound : value < bound;
}

}  // namespace

AssertionResult check_assertion(const std::string& assertion,
                                const std::map<std::string, double>& metrics) {
  const size_t at = assertion.find_first_of("<>=!");
  std::string op;
  if (at != std::string::npos) {
    op = assertion.substr(at, 1);
    if (at + 1 < assertion.size() && assertion[at + 1] == '=') op += '=';
  }
  if (op.empty() || op == "=" || op == "!")
    throw usage_error("reading assertion", "\"" + assertion + "\"", "it has no comparison", k_form);
  AssertionResult result{false, 0, trimmed(std::string_view(assertion).substr(0, at)), op, 0};
  result.bound =
      parse_bound(trimmed(std::string_view(assertion).substr(at + op.size())), assertion);

  const auto found = metrics.find(result.metric);
  if (found == metrics.end()) {
    std::vector<std::string> names;
    std::string listed;
    for (const auto& [name, value] : metrics) {
      names.push_back(name);
      listed += (listed.empty() ? "" : ", ") + name;
    }
    std::string hint = suggestion(result.metric, names);
    if (hint.empty())
      hint = listed.empty() ? "the run has no metrics; declare their file in METRICS"
                            : "there are: " + listed;
    throw usage_error("checking", "\"" + assertion + "\"",
                      "the run has no metric \"" + result.metric + "\"", hint);
  }
  result.value = found->second;
  result.holds = compare(result.value, result.op, result.bound);
  return result;
}

}  // namespace trainyard::training
