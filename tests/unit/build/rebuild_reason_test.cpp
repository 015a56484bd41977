#include "build/rebuild_reason.hpp"

#include <boost/test/unit_test.hpp>

using namespace trainyard;
using namespace trainyard::build;

BOOST_AUTO_TEST_SUITE(rebuild_reason)

BOOST_AUTO_TEST_CASE(equal_inputs_differ_in_nothing) {
  const Json inputs = {{"kind", "run"}, {"argv", {"a"}}};
  BOOST_TEST(first_difference(inputs, inputs) == "");
}

BOOST_AUTO_TEST_CASE(the_first_difference_is_named) {
  const Json before = {
      {"kind", "run"}, {"argv", {"a"}}, {"cwd", "/"}, {"environment", {"A=1", "B=2"}}};
  const auto difference = [&](const char* member, const Json& value) {
    Json now = before;
    now[member] = value;
    return first_difference(before, now);
  };
  BOOST_TEST(difference("argv", {"b"}) == "the command has changed");
  BOOST_TEST(difference("cwd", "/x") == "the working folder was \"/\", is \"/x\"");
  BOOST_TEST(difference("environment", {"A=1", "B=3"}) == "variable B was \"2\", is \"3\"");
  BOOST_TEST(difference("environment", {"A=1", "B=2", "C="}) == "variable C is new: \"\"");
  BOOST_TEST(difference("environment", {"B=2"}) == "variable A is gone");
  BOOST_TEST(difference("environment", {"B=2", "A=1"}) == "the variables stand in another order");
  BOOST_TEST(difference("exclude", {"x"}) == "--exclude is new: \"[\"x\"]\"");
  BOOST_TEST(difference("something", 1) == "something has changed");
}

BOOST_AUTO_TEST_CASE(the_command_goes_before_what_else_has_changed) {
  const Json before = {{"argv", {"a"}}, {"user", "x"}}, now = {{"argv", {"b"}}, {"user", "y"}};
  BOOST_TEST(first_difference(before, now) == "the command has changed");
}

BOOST_AUTO_TEST_CASE(long_values_are_cut_and_made_visible) {
  const std::string told =
      first_difference({{"user", "a\x1b[31m"}}, {{"user", std::string(500, 'x')}});
  BOOST_TEST(told.size() < 250u);
  BOOST_TEST(told.find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
