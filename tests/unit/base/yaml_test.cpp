#include "base/yaml.hpp"

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"

using namespace trainyard;

namespace {

std::string refusal(const std::string& text) {
  try {
    parse_yaml(text, "x.yaml");
  } catch (const Error& error) {
    BOOST_TEST((error.code() == ExitCode::usage));
    return error.render();
  }
  return "";
}

}  // namespace

BOOST_AUTO_TEST_CASE(yaml_is_what_it_would_be_in_json) {
  const Json json = parse_yaml(R"(# a comment
a: {b: [1, -2, 2.5, 0644, 0o644, 0x1f], c: "0644", d: 'true'}
e:
- true
- ~
- null
- 1.1.0
- 0
-
- |
  two
  lines
f: &anchor {g: !!str 7}
h: *anchor
)",
                               "x.yaml");
  BOOST_TEST(json.dump() ==
             R"({"a":{"b":[1,-2,2.5,420,420,31],"c":"0644","d":"true"},)"
             R"("e":[true,null,null,"1.1.0",0,null,"two\nlines\n"],"f":{"g":"7"},"h":{"g":"7"}})");
  BOOST_TEST(parse_yaml("", "x").is_null());
  BOOST_TEST(parse_yaml("{\"a\": [1]}", "x").dump() == "{\"a\":[1]}");
}

BOOST_AUTO_TEST_CASE(mistakes_in_yaml_have_a_place) {
  BOOST_TEST(refusal("a: [1\nb: 2\n").find("x.yaml:2:") != std::string::npos);
  BOOST_TEST(refusal("a: 1\nb: 2\na: 3\n").find("x.yaml:3:1: key \"a\" stands twice") !=
             std::string::npos);
  BOOST_TEST(refusal("a: 1\nb: 2\na: 3\n").find("  3 | a: 3\n    | ^") != std::string::npos);
  BOOST_TEST(refusal("[1]: 2\n").find("a key must be a text") != std::string::npos);
  BOOST_TEST(refusal("a\n---\nb\n").find("second document") != std::string::npos);
  BOOST_TEST(refusal("a: *nothing\n").find("not valid YAML") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(neither_depth_nor_aliases_take_all_memory) {
  BOOST_TEST(refusal(std::string(80, '[') + std::string(80, ']')).find("64 levels") !=
             std::string::npos);
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string last = "*a" + std::to_string(i - 1) + " ";
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) bomb += last + (k < 9 ? ", " : "");
    bomb += "]\n";
  }
  BOOST_TEST(refusal(bomb).find("too many values") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(yaml_is_written_as_it_is_read) {
  const Json value = {
      {"a", 1e-5}, {"b", {1, "2", true, nullptr, "x: y"}}, {"c", Json::object()}, {"d", 2.5e30}};
  BOOST_TEST(dump_yaml(value) ==
             R"({"a": 1.0e-05, "b": [1, "2", true, null, "x: y"], "c": {}, "d": 2.5e+30})");
  BOOST_TEST(parse_yaml(dump_yaml(value), "x").dump() == value.dump());
}
