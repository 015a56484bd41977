#include "training/command_template.hpp"

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"

using namespace trainyard;

namespace {
const std::vector<std::pair<std::string, std::string>> k_parameters{
    {"epochs", "10"}, {"lr", "1e-3"}, {"odd", "{lr}"}};
std::string expand(std::string_view text) {
  return training::expand_parameters(text, k_parameters, "a test");
}
}  // namespace

BOOST_AUTO_TEST_SUITE(command_template)

BOOST_AUTO_TEST_CASE(names_of_parameters_are_replaced_once) {
  BOOST_TEST(expand("--epochs={epochs} {lr}{lr}") == "--epochs=10 1e-31e-3");
  BOOST_TEST(expand("{odd}") == "{lr}");
}

BOOST_AUTO_TEST_CASE(doubled_braces_are_braces) {
  BOOST_TEST(expand("{{epochs}}") == "{epochs}");
  BOOST_TEST(expand("${{HOME}}/{epochs}") == "${HOME}/10");
  BOOST_TEST(expand("a}}b") == "a}b");
  BOOST_TEST(expand("{{{lr}}}") == "{1e-3}");
}

BOOST_AUTO_TEST_CASE(braces_around_anything_else_stay) {
  for (const char* text : {R"({"a":1})", R"({"a":{"b":[{}]}})", "find . -exec echo {} ;", "{1..5}",
                           "{a,b}", "{", "}", "${X:-y}"})
    BOOST_TEST(expand(text) == text);
  BOOST_TEST(expand(R"({"rate":{lr},"deep":{"n":{epochs}}})") ==
             R"({"rate":1e-3,"deep":{"n":10}})");
}

BOOST_AUTO_TEST_CASE(an_unknown_name_is_an_error_with_the_nearest_one) {
  BOOST_CHECK_EXCEPTION(expand("{epoch}"), Error, [](const Error& error) {
    return error.code() == ExitCode::usage &&
           error.hint().find("\"epochs\"") != std::string::npos &&
           error.hint().find("{{epoch}}") != std::string::npos;
  });
}

BOOST_AUTO_TEST_SUITE_END()
