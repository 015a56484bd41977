#include "base/toml.hpp"

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"

using namespace trainyard;

namespace {

std::string refusal(const std::string& text) {
  try {
    parse_toml(text, "x.toml");
  } catch (const Error& error) {
    BOOST_TEST((error.code() == ExitCode::usage));
    return error.render();
  }
  return "";
}

}  // namespace

BOOST_AUTO_TEST_CASE(toml_is_what_it_would_be_in_json) {
  const Json json = parse_toml(R"(a = 1 # a comment
b = "two"
c = [1.5, -2.0e-5]
day = 2026-01-02
moment = 2026-01-02T03:04:05Z
hour = 03:04:05
[train.inner]
on = true
[[list]]
x = 0x1f
[[list]]
)",
                               "x.toml");
  BOOST_TEST(
      json.dump() ==
      R"({"a":1,"b":"two","c":[1.5,-2e-05],"day":"2026-01-02","hour":"03:04:05",)"
      R"("list":[{"x":31},{}],"moment":"2026-01-02T03:04:05Z","train":{"inner":{"on":true}}})");
}

BOOST_AUTO_TEST_CASE(toml_with_a_mistake_is_refused_at_its_place) {
  const std::string said = refusal("a = 1\nb = = 2\n");
  BOOST_TEST(said.find("x.toml:2:5") != std::string::npos, said);
  BOOST_TEST(said.find("b = = 2") != std::string::npos, said);
  BOOST_TEST(refusal("a = 1\na = 2\n").find("x.toml:2:") != std::string::npos);
  BOOST_TEST(refusal("a = nan\n").find("not finite") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(toml_is_written_as_it_is_read) {
  const Json object = {{"a", 1},
                       {"b", {{"c", "x\"y\n"}, {"d", {1.5, 1e-7, true}}}},
                       {"e", Json::array({{{"f", false}}, {{"g", -3}}})},
                       {"whole", 2.0}};
  BOOST_TEST(parse_toml(dump_toml(object), "x").dump() == object.dump());
  BOOST_CHECK_THROW(dump_toml({{"a", nullptr}}), Error);
}
