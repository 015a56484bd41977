#include "training/metrics_file.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "base/error.hpp"

using namespace trainyard;
using training::parse_metrics;

namespace {
bool fails_at(std::string_view text, const std::string& name, const std::string& subject) {
  try {
    parse_metrics(text, name);
  } catch (const Error& error) {
    BOOST_TEST(error.subject().find(subject) == 0U, error.render());
    return error.code() == ExitCode::failed;
  }
  return false;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(metrics_file)

BOOST_AUTO_TEST_CASE(an_object_gives_its_numbers_and_those_of_nested_objects) {
  const auto metrics = parse_metrics(R"({"accuracy": 0.9, "n": 3, "test": {"loss": {"mean": 1.5}},
                                         "name": "x", "list": [1], "none": null})",
                                     "metrics.json");
  const std::map<std::string, double> expected{
      {"accuracy", 0.9}, {"n", 3}, {"test.loss.mean", 1.5}};
  BOOST_TEST((metrics == expected));
}

BOOST_AUTO_TEST_CASE(of_lines_the_last_value_of_a_name_counts) {
  const auto metrics = parse_metrics("{\"loss\":2,\"lr\":0.1}\n\n{\"loss\":1}\r\n", "m.jsonl");
  const std::map<std::string, double> expected{{"loss", 1}, {"lr", 0.1}};
  BOOST_TEST((metrics == expected));
  BOOST_TEST((parse_metrics("{\"loss\":2}\n{\"loss\":1}\n", "m.log").at("loss") == 1));
}

BOOST_AUTO_TEST_CASE(csv_has_a_header_and_counts_the_last_row) {
  const auto metrics = parse_metrics("epoch,\"loss, test\",note\n1,0.5,a\n2,0.25,b\n", "m.csv");
  const std::map<std::string, double> expected{{"epoch", 2}, {"loss, test", 0.25}};
  BOOST_TEST((metrics == expected));
}

BOOST_AUTO_TEST_CASE(values_that_json_lacks_are_read_as_python_and_cpp_write_them) {
  const auto metrics =
      parse_metrics(R"({"a": NaN, "b": Infinity, "c": -Infinity, "d": "NaN \" NaN"})", "m.json");
  BOOST_TEST(std::isnan(metrics.at("a")));
  BOOST_TEST(metrics.at("b") > 1e308);
  BOOST_TEST(metrics.at("c") < -1e308);
  BOOST_TEST(!metrics.contains("d"));
  const auto streamed = parse_metrics(R"({"a": nan, "b": inf, "c": -inf, "d": -nan})", "m.json");
  BOOST_TEST(std::isnan(streamed.at("a")));
  BOOST_TEST(streamed.at("b") > 1e308);
  BOOST_TEST(streamed.at("c") < -1e308);
  BOOST_TEST(std::isnan(streamed.at("d")));
}

BOOST_AUTO_TEST_CASE(a_broken_file_is_named_with_its_line) {
  BOOST_TEST(fails_at("{\"a\":1}\n{\"a\":}\n", "m.jsonl", "m.jsonl:2"));
  BOOST_TEST(fails_at("{\"a\":1}\nloss=3\n", "m.log", "m.log:2"));
  BOOST_TEST(fails_at("a,b\n1\n", "m.csv", "m.csv:2"));
  BOOST_TEST(fails_at("", "m.json", "m.json:1"));
  BOOST_TEST(fails_at("[1]", "m.json", "m.json:1"));
  BOOST_TEST(fails_at("{\"a\": 1,\n \"b\" 2}", "m.json", "m.json"));
}

BOOST_AUTO_TEST_SUITE_END()
