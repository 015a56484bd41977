#include "training/assertion.hpp"

#include <charconv>
#include <cmath>

#include "base/error.hpp"
#include "base/spelling.hpp"

namespace trainyard::training {

namespace {

constexpr const char* k_form =
    "write it as \"<metric><op><number>\" with one of >= <= == != > <, for example "
    "\"accuracy>=0.95\" or \"abs(accuracy-baseline)<=0.01\"";

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

double value_of(const std::string& metric, const Metrics& metrics, const std::string& holder,
                const std::string& assertion) {
  const auto found = metrics.find(metric);
  if (found != metrics.end()) return found->second;
  std::vector<std::string> names;
  std::string listed;
  for (const auto& [name, value] : metrics) {
    names.push_back(name);
    listed += (listed.empty() ? "" : ", ") + name;
  }
  std::string hint = suggestion(metric, names);
  if (hint.empty())
    hint = listed.empty() ? holder + " has no metrics; declare their file in METRICS"
                          : "there are: " + listed;
  throw usage_error("checking", "\"" + assertion + "\"",
                    holder + " has no metric \"" + metric + "\"", hint);
}

/// The metric in "abs(metric - baseline)"; empty when it is another text.
std::string compared_with_baseline(const std::string& text) {
  if (!text.starts_with("abs(") || !text.ends_with(")")) return {};
  const std::string inside = text.substr(4, text.size() - 5);
  const size_t minus = inside.rfind('-');
  if (minus == std::string::npos ||
      trimmed(std::string_view(inside).substr(minus + 1)) != "baseline")
    return {};
  return trimmed(std::string_view(inside).substr(0, minus));
}

double distance(const std::string& metric, const Metrics& metrics, const Metrics& baseline,
                const std::string& assertion) {
  return std::abs(value_of(metric, metrics, "the run", assertion) -
                  value_of(metric, baseline, "the baseline", assertion));
}

}  // namespace

AssertionResult check_assertion(const std::string& assertion, const Metrics& metrics,
                                const Metrics& baseline) {
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
  const std::string compared = compared_with_baseline(result.metric);
  result.value = compared.empty() ? value_of(result.metric, metrics, "the run", assertion)
                                  : distance(compared, metrics, baseline, assertion);
  result.holds = compare(result.value, result.op, result.bound);
  return result;
}

std::vector<AssertionResult> check_baseline(const Metrics& metrics, const Metrics& baseline,
                                            const std::string& tolerance) {
  const bool relative = tolerance.ends_with('%');
  const double allowed =
      parse_bound(relative ? tolerance.substr(0, tolerance.size() - 1) : tolerance, tolerance);
  if (!(allowed >= 0))
    throw usage_error("reading the tolerance", "\"" + tolerance + "\"", "it is not 0 or more",
                      "write a distance such as 0.01, or a part of the value such as 1%");
  std::vector<AssertionResult> results;
  for (const auto& [metric, value] : baseline) {
    const std::string name = "abs(" + metric + " - baseline)";
    AssertionResult result{false, distance(metric, metrics, baseline, name), name,
                           "<=", relative ? std::abs(value) * allowed / 100 : allowed};
    result.holds = compare(result.value, result.op, result.bound);
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace trainyard::training
