#include "base/spec_text.hpp"

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"

using namespace trainyard;

namespace {
using Strings = std::vector<std::string>;
}

BOOST_AUTO_TEST_SUITE(spec_text)

BOOST_AUTO_TEST_CASE(plain_json_is_a_spec) {
  BOOST_TEST((parse_spec_text(R"({"a":["b",1]})", "x") == Json{{"a", {"b", 1}}}));
}

BOOST_AUTO_TEST_CASE(a_raw_string_is_taken_byte_for_byte) {
  const std::string value = "a \"quoted\" \\n ; $HOME ${x} <>|& 'x'\nsecond line\té)~\"";
  BOOST_TEST((parse_spec_text("{\"a\": R\"~ty(" + value + ")ty~\"}", "x").at("a") == value));
  BOOST_TEST((parse_spec_text(R"x([R"~ty()ty~"])x", "x") == Json{""}));
}

BOOST_AUTO_TEST_CASE(a_raw_list_is_an_array_of_its_elements) {
  const Json json = parse_spec_text(R"x({"l": ["a", L"~ty(b;c\;d;;e)ty~", L"~ty()ty~"]})x", "x");
  ObjectReader in(json, "x");
  BOOST_TEST((in.strings("l") == Strings{"a", "b", "c;d", "e"}));
}

BOOST_AUTO_TEST_CASE(what_looks_raw_inside_an_ordinary_string_is_not) {
  const Json json = parse_spec_text(R"x({"a": "R\"~ty(no)ty~\"", "b": "end\\"})x", "x");
  BOOST_TEST((json.at("a") == "R\"~ty(no)ty~\""));
  BOOST_TEST((json.at("b") == "end\\"));
}

BOOST_AUTO_TEST_CASE(mistakes_are_usage_errors) {
  BOOST_CHECK_THROW(parse_spec_text(R"x({"a": R"~ty(never closed})x", "x"), Error);
  BOOST_CHECK_THROW(parse_spec_text("{\"a\": R\"~ty(\xff)ty~\"}", "x"), Error);
  BOOST_CHECK_THROW(parse_spec_text("{\"a\": \"", "x"), Error);
  BOOST_CHECK_THROW(parse_spec_text("", "x"), Error);
}

BOOST_AUTO_TEST_CASE(lists_are_split_as_cmake_splits_them) {
  BOOST_TEST((split_cmake_list("") == Strings{}));
  BOOST_TEST((split_cmake_list("a") == Strings{"a"}));
  BOOST_TEST((split_cmake_list("a;b;") == Strings{"a", "b"}));
  BOOST_TEST((split_cmake_list(";;a") == Strings{"a"}));
  BOOST_TEST((split_cmake_list("a\\;b;c") == Strings{"a;b", "c"}));
  BOOST_TEST((split_cmake_list("[a;b];c") == Strings{"[a;b]", "c"}));
  BOOST_TEST((split_cmake_list("a\\n;b") == Strings{"a\\n", "b"}));
}

BOOST_AUTO_TEST_SUITE_END()
