#include "base/json.hpp"

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"

using namespace trainyard;

namespace {

std::string complaint_about(const std::string& text) {
  try {
    parse_json(text, "x.json");
  } catch (const Error& error) {
    BOOST_TEST((error.code() == ExitCode::usage));
    return error.render();
  }
  return "none";
}

template <class Action>
std::string complaint_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.render();
  }
  return "none";
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(json)

BOOST_AUTO_TEST_CASE(a_syntax_error_has_line_column_and_caret) {
  const std::string text = complaint_about("{\n  \"a\": 1,\n  oops\n}");
  BOOST_TEST(holds(text, "x.json:3:3"));
  BOOST_TEST(holds(text, "3 |   oops\n"));
  BOOST_TEST(holds(text, "  ^"));
  BOOST_TEST(holds(complaint_about(""), "x.json:1"));
}

BOOST_AUTO_TEST_CASE(duplicate_members_are_refused_at_every_level) {
  BOOST_TEST(holds(complaint_about(R"({"a":1,"a":2})"), "\"a\" stands twice"));
  BOOST_TEST(holds(complaint_about(R"([{"b":{"c":1,"c":1}}])"), "\"c\" stands twice"));
  BOOST_TEST(complaint_about(R"({"a":{"a":1},"b":[{"a":1},{"a":1}]})") == "none");
}

BOOST_AUTO_TEST_CASE(many_objects_are_read_in_one_go) {
  // A reader that looks through all earlier ones for each of them would not come to an end.
  std::string text = "[{}";
  for (int i = 1; i < 300'000; ++i) text += ",{}";
  BOOST_TEST(parse_json(text + "]", "many.json").size() == 300'000U);
}

BOOST_AUTO_TEST_CASE(a_number_that_nothing_holds_is_refused_by_name) {
  BOOST_TEST(holds(complaint_about("[1e400]"), "too large"));
}

BOOST_AUTO_TEST_CASE(deep_nesting_is_refused) {
  BOOST_TEST(complaint_about(std::string(60, '[') + std::string(60, ']')) == "none");
  BOOST_TEST(holds(complaint_about(std::string(100'000, '[')), "64 levels"));
}

BOOST_AUTO_TEST_CASE(canonical_text_is_sorted_and_strict_about_utf8) {
  BOOST_TEST(canonical_json(parse_json(R"({ "b": [1, 2.5], "a": "é" })", "x")) ==
             R"({"a":"é","b":[1,2.5]})");
  BOOST_CHECK_THROW(canonical_json(Json("\xff")), Error);
  BOOST_TEST(dump_json(Json("a\xff")) == "\"a\xEF\xBF\xBD\"");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(object_reader)

BOOST_AUTO_TEST_CASE(members_are_read_by_type) {
  const Json json = parse_json(
      R"({"s":"x","n":1.5,"i":7,"b":true,"l":["a",["b","c"],"d"],"o":{"k":1},"e":null})", "x");
  ObjectReader in(json, "x");
  BOOST_TEST(in.string("s") == "x");
  BOOST_TEST(in.optional_number("n").value() == 1.5);
  BOOST_TEST(in.integer("i") == 7);
  BOOST_TEST(in.boolean_or("b", false));
  BOOST_TEST((in.strings("l") == std::vector<std::string>{"a", "b", "c", "d"}));
  BOOST_TEST(in.object("o").at("k") == 1);
  BOOST_TEST(!in.has("e"));
  BOOST_TEST(in.string_or("e", "fallback") == "fallback");
  BOOST_CHECK_NO_THROW(in.finish());
}

BOOST_AUTO_TEST_CASE(absent_members_have_their_fallbacks) {
  const Json json = Json::object();
  ObjectReader in(json, "x");
  BOOST_TEST(!in.optional_string("a").has_value());
  BOOST_TEST(!in.optional_number("a").has_value());
  BOOST_TEST(in.integer_or("a", 3) == 3);
  BOOST_TEST(in.strings("a").empty());
  BOOST_TEST(in.array("a").empty());
  BOOST_TEST(in.object("a").empty());
  BOOST_TEST(in.any("a").is_null());
  BOOST_TEST(holds(complaint_of([&] { in.string("a"); }), "\"a\" is missing"));
}

BOOST_AUTO_TEST_CASE(a_wrong_type_is_named_with_its_place) {
  const Json json =
      parse_json(R"({"s":1,"i":1.5,"b":"x","l":[1],"big":18446744073709551615})", "x");
  ObjectReader in(json, "run.json: container");
  BOOST_TEST(holds(complaint_of([&] { in.string("s"); }), "run.json: container"));
  BOOST_TEST(holds(complaint_of([&] { in.string("s"); }), "must be a string, not number"));
  BOOST_TEST(holds(complaint_of([&] { in.integer("i"); }), "must be a whole number"));
  BOOST_TEST(holds(complaint_of([&] { in.integer("big"); }), "too large"));
  BOOST_TEST(holds(complaint_of([&] { in.boolean_or("b", true); }), "true or false"));
  BOOST_CHECK_THROW(in.strings("l"), Error);
  BOOST_CHECK_THROW(ObjectReader(json.at("l"), "x"), Error);
}

BOOST_AUTO_TEST_CASE(a_member_that_nobody_asked_for_is_an_error_with_the_nearest_name) {
  const Json json = parse_json(R"({"comand":[]})", "x");
  ObjectReader in(json, "x");
  in.strings("command");
  const std::string text = complaint_of([&] { in.finish(); });
  BOOST_TEST(holds(text, "unknown member \"comand\""));
  BOOST_TEST(holds(text, "did you mean \"command\"?"));
}

BOOST_AUTO_TEST_SUITE_END()
