#pragma once

#include <map>
#include <string>
#include <vector>

namespace trainyard::training {

using Metrics = std::map<std::string, double>;

/// How a comparison came out.
struct AssertionResult {
  bool holds;
  double value;        ///< of the metric, or its distance from the baseline
  std::string metric;  ///< as written: "accuracy", "abs(accuracy - baseline)"
  std::string op;
  double bound;
};

/// "accuracy>=0.95", or "abs(accuracy-baseline)<=0.01", with one of >= <= == != > <. Throws a usage
/// error when it cannot be read or names a metric that is not there. A value that is not a number
/// never holds.
AssertionResult check_assertion(const std::string& assertion, const Metrics& metrics,
                                const Metrics& baseline = {});

/// How far each metric of the baseline may be from it: "0.01", or "1%" of the baseline's value.
/// Throws usage errors for what is no such number, and for a metric that the run has not.
std::vector<AssertionResult> check_baseline(const Metrics& metrics, const Metrics& baseline,
                                            const std::string& tolerance);

}  // namespace trainyard::training
