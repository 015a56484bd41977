#include "dockerfile/expansion.hpp"

#include <boost/test/unit_test.hpp>
#include <map>

#include "base/error.hpp"

namespace dockerfile = trainyard::dockerfile;

namespace {

std::optional<std::string> value_of(std::string_view name) {
  static const std::map<std::string, std::string, std::less<>> values{
      {"x", "one"}, {"y", "two words"}, {"empty", ""}, {"1", "first"}, {"long_NAME2", "L"}};
  const auto it = values.find(name);
  if (it == values.end()) return std::nullopt;
  return it->second;
}

std::string expand(const std::string& text, char escape = '\\') {
  return dockerfile::expand(text, escape, value_of).text;
}

std::string cause_of(const std::string& text) {
  try {
    expand(text);
  } catch (const trainyard::Error& error) {
    BOOST_TEST((error.code() == trainyard::ExitCode::usage));
    return error.cause();
  }
  return "no error";
}

struct Case {
  const char* text;
  const char* expanded;
};

void check(std::initializer_list<Case> cases, char escape = '\\') {
  for (const Case& each : cases)
    BOOST_TEST_CONTEXT(each.text) BOOST_TEST(expand(each.text, escape) == each.expanded);
}

using Words = std::vector<std::string>;
Words words(const std::string& text) {
  return dockerfile::expand_words(text, '\\', value_of);
}

}  // namespace

BOOST_AUTO_TEST_CASE(plain_text_stays) {
  check(
      {{"", ""}, {"abc", "abc"}, {"a b  c", "a b  c"}, {"a=b;c|d{}", "a=b;c|d{}"}, {"é ü", "é ü"}});
}

BOOST_AUTO_TEST_CASE(variables_are_replaced_with_and_without_braces) {
  check({{"$x", "one"},
         {"${x}", "one"},
         {"a$x/b", "aone/b"},
         {"a${x}b", "aoneb"},
         {"$xy", ""},
         {"$x-$x", "one-one"},
         {"$long_NAME2.", "L."},
         {"$1", "first"},
         {"$1x", "firstx"},
         {"$12", ""},
         {"${1}", "first"},
         {"$@|$*|$?", "||"}});
}

BOOST_AUTO_TEST_CASE(a_text_that_becomes_endless_is_refused) {
  const std::string half(600'000, 'x');
  const auto long_value = [&half](std::string_view) { return std::optional<std::string>(half); };
  BOOST_TEST(dockerfile::expand("$a", '\\', long_value).text.size() == half.size());
  BOOST_CHECK_THROW(dockerfile::expand("$a$a", '\\', long_value), trainyard::Error);
}

BOOST_AUTO_TEST_CASE(a_dollar_before_no_name_is_itself) {
  check({{"$", "$"}, {"a$", "a$"}, {"$ x", "$ x"}, {"$/x", "$/x"}, {"\"$\"", "$"}, {"$.", "$."}});
}

BOOST_AUTO_TEST_CASE(a_dash_gives_a_default) {
  check({{"${x:-d}", "one"},
         {"${x-d}", "one"},
         {"${no:-d}", "d"},
         {"${no-d}", "d"},
         {"${empty:-d}", "d"},
         {"${empty-d}", ""},
         {"${no:-}", ""},
         {"${no:-a b}", "a b"}});
}

BOOST_AUTO_TEST_CASE(a_plus_gives_an_alternative) {
  check({{"${x:+a}", "a"},
         {"${x+a}", "a"},
         {"${no:+a}", ""},
         {"${no+a}", ""},
         {"${empty:+a}", ""},
         {"${empty+a}", "a"}});
}

BOOST_AUTO_TEST_CASE(a_question_mark_demands_a_value) {
  check({{"${x:?no}", "one"}, {"${x?no}", "one"}, {"${empty?no}", ""}});
  BOOST_TEST(cause_of("${no:?give me}") == "variable \"no\": give me");
  BOOST_TEST(cause_of("${no?}") == "variable \"no\": it must be set");
  BOOST_TEST(cause_of("${empty:?}") == "variable \"empty\": it must not be empty");
  BOOST_TEST(cause_of("${no:?see $x}") == "variable \"no\": see one");
}

BOOST_AUTO_TEST_CASE(hashes_and_percent_signs_trim) {
  check({{"${y#two}", " words"},
         {"${y##*o}", "rds"},
         {"${y#*o}", " words"},
         {"${y%wo*}", "two "},
         {"${y%%wo*}", "t"},
         {"${x#$x}", ""},
         {"${x#'o'}", "ne"},
         {"${x#\"o\"}e", "nee"},
         {"${no#a}", ""},
         {"\"${y# }\"", "two words"},
         {"${x%${no:-e}}", "on"}});
}

BOOST_AUTO_TEST_CASE(slashes_replace) {
  check({{"${y/o/0}", "tw0 words"},
         {"${y//o/0}", "tw0 w0rds"},
         {"${y/ */}", "two"},
         {"${x/n/$y}", "otwo wordse"},
         {"${x/${no:-n}/-}", "o-e"},
         {"${x/n/a\\}b}", "oa\\}be"},
         {"${no/a/b}", ""}});
}

BOOST_AUTO_TEST_CASE(words_of_substitutions_nest) {
  check({{"${no:-$x}", "one"},
         {"${no:-${x}}", "one"},
         {"${no:-${empty:-${x}z}}", "onez"},
         {"${no:-'}'}", "}"},
         {"${no:-\"a}b\"}", "a}b"},
         {"${no:-\\}}", "}"},
         {"${x:+${y}}", "two words"},
         {"\"${no:-$y}\"", "two words"}});
}

BOOST_AUTO_TEST_CASE(a_word_that_is_not_used_demands_nothing) {
  check({{"${x:-${no:?gone}}", "one"}, {"${no:+${no:?gone}}", ""}});
}

BOOST_AUTO_TEST_CASE(single_quotes_keep_everything) {
  check({{"'a b'", "a b"},
         {"'$x'", "$x"},
         {"'\\n'", "\\n"},
         {"'\"'", "\""},
         {"a'b'c", "abc"},
         {"''", ""}});
}

BOOST_AUTO_TEST_CASE(double_quotes_expand) {
  check({{"\"$x\"", "one"},
         {"\"a 'b'\"", "a 'b'"},
         {"\"'$x'\"", "'one'"},
         {"\"\\$x\"", "$x"},
         {"\"\\\"\"", "\""},
         {"\"\\\\\"", "\\"},
         {"\"\\n\"", "\\n"},
         {"\"\"", ""}});
}

BOOST_AUTO_TEST_CASE(the_escape_character_takes_meaning_away) {
  check({{"\\$x", "$x"},
         {"\\a", "a"},
         {"\\\\", "\\"},
         {"a\\ b", "a b"},
         {"\\'", "'"},
         {"\\\"", "\""},
         {"a\\", "a"}});
}

BOOST_AUTO_TEST_CASE(another_escape_character_replaces_the_backslash) {
  check({{"`$x", "$x"}, {"C:\\$x", "C:\\one"}, {"\"`\"\"", "\""}, {"\\n", "\\n"}, {"a`", "a"}},
        '`');
}

BOOST_AUTO_TEST_CASE(values_are_not_expanded_again) {
  const auto lookup = [](std::string_view) { return std::optional<std::string>("$x '\"\\"); };
  BOOST_TEST(dockerfile::expand("$v", '\\', lookup).text == "$x '\"\\");
}

BOOST_AUTO_TEST_CASE(names_without_value_are_reported) {
  const auto unset = [](const char* text) {
    return dockerfile::expand(text, '\\', value_of).unset;
  };
  BOOST_TEST((unset("$a ${b} $x") == std::set<std::string>{"a", "b"}));
  BOOST_TEST(unset("${a:-d} ${b+x} '$c' \\$d").empty());
  BOOST_TEST((unset("${a:-$b}") == std::set<std::string>{"b"}));
  BOOST_TEST(unset("${x:-$b}").empty());
  BOOST_TEST(unset("$empty").empty());
}

BOOST_AUTO_TEST_CASE(malformed_text_is_refused) {
  struct {
    const char* text;
    const char* fragment;
    size_t offset;
  } const cases[] = {{"ab${x", "no closing \"}\"", 2},
                     {"${", "no closing", 0},
                     {"${}", "not followed by a variable's name", 0},
                     {"a ${:-b}", "not followed by a variable's name", 2},
                     {"${x:", "no closing", 0},
                     {"${x:-a", "no closing", 0},
                     {"${no:-${x}", "no closing", 0},
                     {"${x!y}", "has no meaning", 0},
                     {"${x:z}", "has no meaning", 0},
                     {"${x y}", "has no meaning", 0},
                     {"a'b", "single quote is not closed", 1},
                     {"a \"b", "double quote is not closed", 2},
                     {"\"a\\\"", "double quote is not closed", 0},
                     {"z ${x#p", "no closing \"}\"", 2},
                     {"${x:#p}", "has no meaning", 0},
                     {"${x:%%p}", "has no meaning", 0},
                     {"${x/p}", "has no second \"/\"", 0},
                     {"${x//}", "has no second \"/\"", 0},
                     {"\"a ${x/p}\"", "has no second \"/\"", 3},
                     {"${x/p/w", "no closing \"}\"", 0}};
  for (const auto& each : cases) BOOST_TEST_CONTEXT(each.text) {
      BOOST_TEST(cause_of(each.text).find(each.fragment) != std::string::npos);
      const auto problem = dockerfile::find_expansion_problem(each.text, '\\');
      BOOST_REQUIRE(problem.has_value());
      BOOST_TEST(problem->offset == each.offset);
    }
}

BOOST_AUTO_TEST_CASE(a_demand_alone_is_no_grammatical_problem) {
  BOOST_TEST(!dockerfile::find_expansion_problem("${no:?gone} $other", '\\').has_value());
}

BOOST_AUTO_TEST_CASE(deep_nesting_is_refused) {
  std::string text;
  for (int i = 0; i < 10000; ++i) text += "${a:-";
  BOOST_TEST(cause_of(text).find("nested too deeply") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(words_separate_at_unquoted_white_space) {
  BOOST_TEST((words("80 443\t8080/udp") == Words{"80", "443", "8080/udp"}));
  BOOST_TEST((words("  a  ") == Words{"a"}));
  BOOST_TEST(words(" ").empty());
  BOOST_TEST((words("'a b' \"c d\" e\\ f") == Words{"a b", "c d", "e f"}));
}

BOOST_AUTO_TEST_CASE(an_unquoted_value_separates_into_words_and_a_quoted_one_does_not) {
  BOOST_TEST((words("$y z") == Words{"two", "words", "z"}));
  BOOST_TEST((words("\"$y\" z") == Words{"two words", "z"}));
  BOOST_TEST((words("a$y") == Words{"atwo", "words"}));
  BOOST_TEST((words("$empty $no a") == Words{"a"}));
  BOOST_TEST((words("${no:-\"a b\" c}") == Words{"a b", "c"}));
}

BOOST_AUTO_TEST_CASE(a_here_document_keeps_its_quotes) {
  using namespace trainyard::dockerfile;
  const Lookup lookup = [](std::string_view name) -> std::optional<std::string> {
    if (name == "x") return "1";
    return std::nullopt;
  };
  BOOST_TEST(expand_heredoc("it's \"$x\" '${x}' \\$x \\\\ ${y:-'z'}$y\n", lookup).text ==
             "it's \"1\" '1' $x \\ 'z'\n");
  BOOST_CHECK_THROW(expand_heredoc("a\n${x", lookup), trainyard::Error);
}
