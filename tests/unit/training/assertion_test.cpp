#include "training/assertion.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>

#include "base/error.hpp"

using namespace trainyard;
using training::check_assertion;
using training::check_baseline;

namespace {
const std::map<std::string, double> k_metrics{
    {"accuracy", 0.95}, {"loss.test", 1e-3}, {"broken", std::numeric_limits<double>::quiet_NaN()}};
}

BOOST_AUTO_TEST_SUITE(assertion)

BOOST_AUTO_TEST_CASE(each_operator_compares_as_it_says) {
  for (const char* holds :
       {"accuracy>=0.95", "accuracy<=0.95", "accuracy==0.95", "accuracy!=1", "accuracy>0.9",
        "accuracy<1", " loss.test <= 1e-3 ", "accuracy>-1", "accuracy<+1"})
    BOOST_TEST(check_assertion(holds, k_metrics).holds, holds);
  for (const char* fails : {"accuracy>=0.951", "accuracy<=0.949", "accuracy==0.9", "accuracy!=0.95",
                            "accuracy>0.95", "accuracy<0.95"})
    BOOST_TEST(!check_assertion(fails, k_metrics).holds, fails);
}

BOOST_AUTO_TEST_CASE(the_result_says_what_was_compared) {
  const training::AssertionResult result = check_assertion("accuracy >= 0.97", k_metrics);
  BOOST_TEST(result.metric == "accuracy");
  BOOST_TEST(result.op == ">=");
  BOOST_TEST(result.bound == 0.97);
  BOOST_TEST(result.value == 0.95);
}

BOOST_AUTO_TEST_CASE(what_is_not_a_number_never_holds) {
  for (const char* op : {">=", "<=", "==", "!=", ">", "<"})
    BOOST_TEST(!check_assertion(std::string("broken") + op + "1", k_metrics).holds, op);
}

BOOST_AUTO_TEST_CASE(an_unknown_metric_is_a_usage_error_with_a_suggestion) {
  BOOST_CHECK_EXCEPTION(check_assertion("acuracy>=0.9", k_metrics), Error, [](const Error& error) {
    return error.code() == ExitCode::usage && error.hint().find("accuracy") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(text_that_is_no_assertion_is_a_usage_error) {
  for (const char* bad : {"accuracy", "accuracy=1", "accuracy>=", "accuracy>=good",
                          "accuracy>=0.9x", "accuracy!1", ""})
    BOOST_CHECK_EXCEPTION(check_assertion(bad, k_metrics), Error,
                          [](const Error& error) { return error.code() == ExitCode::usage; });
}

BOOST_AUTO_TEST_CASE(a_baseline_is_compared_with) {
  const training::Metrics baseline{{"accuracy", 0.94}, {"loss.test", 2e-3}};
  BOOST_TEST(check_assertion("abs(accuracy-baseline)<=0.011", k_metrics, baseline).holds);
  BOOST_TEST(!check_assertion("abs( accuracy - baseline ) < 0.009", k_metrics, baseline).holds);
  BOOST_TEST(check_assertion("abs(loss.test - baseline)>0", k_metrics, baseline).metric ==
             "abs(loss.test - baseline)");
  for (const char* bad : {"abs(accuracy)<1", "abs(accuracy-base)<1", "abs(broken-baseline)<1"})
    BOOST_CHECK_EXCEPTION(check_assertion(bad, k_metrics, baseline), Error,
                          [](const Error& error) { return error.code() == ExitCode::usage; });
}

BOOST_AUTO_TEST_CASE(every_metric_of_a_baseline_must_be_near) {
  const auto results = check_baseline(k_metrics, {{"accuracy", 0.94}, {"loss.test", 2e-3}}, "2%");
  BOOST_REQUIRE(results.size() == 2U);
  BOOST_TEST(results[0].holds);
  BOOST_TEST(!results[1].holds);
  BOOST_TEST(check_baseline(k_metrics, {{"loss.test", 2e-3}}, "0.01")[0].holds);
  BOOST_TEST(!check_baseline(k_metrics, {{"broken", 1}}, "1")[0].holds);
  for (const char* bad : {"", "x", "-1", "%", "nan"})
    BOOST_CHECK_EXCEPTION(check_baseline(k_metrics, {{"accuracy", 1}}, bad), Error,
                          [](const Error& error) { return error.code() == ExitCode::usage; });
  BOOST_CHECK_EXCEPTION(
      check_baseline(k_metrics, {{"acuracy", 1}}, "1"), Error, [](const Error& error) {
        return error.render().find("did you mean \"accuracy\"") != std::string::npos;
      });
}

BOOST_AUTO_TEST_SUITE_END()
