#include "cli/arguments.hpp"

#include <boost/test/unit_test.hpp>

#include "complaint.hpp"

using namespace trainyard;
using namespace trainyard::cli;
using testing::complaint_of;

namespace {

struct Command {
  CLI::App app{"Does something.", "something"};
  std::vector<std::string> volumes;
  std::string value;
  Command() {
    app.add_option("-v,--volume", volumes)->allow_extra_args(false);
    app.add_option("--value", value);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(arguments, Command)

BOOST_AUTO_TEST_CASE(words_are_parsed_in_the_order_in_which_they_were_written) {
  BOOST_TEST(parse(app, {"-v", "a", "--value=x y", "--volume", "b"}));
  const std::vector<std::string> expected{"a", "b"};
  BOOST_TEST(volumes == expected, boost::test_tools::per_element());
  BOOST_TEST(value == "x y");
}

BOOST_AUTO_TEST_CASE(an_unknown_option_is_a_usage_error_with_the_nearest_one) {
  const auto complaint = complaint_of([&] { parse(app, {"--volum", "a"}); });
  BOOST_TEST((complaint.code == ExitCode::usage));
  BOOST_TEST(complaint.names("\"trainyard something\""));
  BOOST_TEST(complaint.names("did you mean \"--volume\"?"));
}

BOOST_AUTO_TEST_CASE(the_hint_passes_over_known_options_and_sees_the_name_before_an_equals_sign) {
  BOOST_TEST(option_hint(app, {"--value", "--vaule=3"}) == "did you mean \"--value\"?");
}

BOOST_AUTO_TEST_CASE(where_nothing_is_near_the_hint_is_where_help_stands) {
  const std::string help = "\"trainyard something --help\" shows what it takes";
  BOOST_TEST(option_hint(app, {"--entirely-different"}) == help);
  BOOST_TEST(option_hint(app, {"plain", "-x"}) == help);
  BOOST_TEST(option_hint(app, {}) == help);
}

BOOST_AUTO_TEST_CASE(a_missing_value_is_a_usage_error) {
  const auto complaint = complaint_of([&] { parse(app, {"--value"}); });
  BOOST_TEST((complaint.code == ExitCode::usage));
  BOOST_TEST(complaint.names("--value"));
}

BOOST_AUTO_TEST_SUITE_END()
