#include "dockerfile/shell_pattern.hpp"

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"

using namespace trainyard;
using namespace trainyard::dockerfile;

namespace {

using Length = ShellPattern::Length;
using Which = ShellPattern::Which;

struct Trim {
  const char* pattern;
  const char* value;
  const char* shortest;
  const char* longest;
};

void check(std::initializer_list<Trim> cases, auto trim) {
  for (const Trim& each : cases) BOOST_TEST_CONTEXT(each.pattern << " on " << each.value) {
      const ShellPattern pattern(each.pattern);
      BOOST_TEST(trim(pattern, each.value, Length::shortest) == each.shortest);
      BOOST_TEST(trim(pattern, each.value, Length::longest) == each.longest);
    }
}

std::string replaced(const char* pattern, const char* value, const char* text, Which which) {
  return ShellPattern(pattern).replaced(value, text, which);
}

}  // namespace

BOOST_AUTO_TEST_CASE(prefixes_go_short_or_long) {
  check({{"v", "v1.2", "1.2", "1.2"},
         {"*/", "a/b/c", "b/c", "c"},
         {"*", "abc", "abc", ""},
         {"?", "abc", "bc", "bc"},
         {"?*", "abc", "bc", ""},
         {"b", "abc", "abc", "abc"},
         {"", "abc", "abc", "abc"},
         {"*a*b", "xayabb", "b", ""},
         {"abc", "ab", "ab", "ab"}},
        [](const ShellPattern& pattern, const char* value, Length length) {
          return pattern.without_prefix(value, length);
        });
}

BOOST_AUTO_TEST_CASE(suffixes_go_short_or_long) {
  check({{".*", "a.tar.gz", "a.tar", "a"},
         {"/*", "/usr/lib/x", "/usr/lib", ""},
         {"z", "a.gz", "a.g", "a.g"},
         {"?", "abc", "ab", "ab"},
         {"a", "abc", "abc", "abc"},
         {"\\**", "xx**", "xx*", "xx"}},
        [](const ShellPattern& pattern, const char* value, Length length) {
          return pattern.without_suffix(value, length);
        });
}

BOOST_AUTO_TEST_CASE(a_character_is_one_whatever_its_bytes_and_bytes_survive) {
  BOOST_TEST(ShellPattern("?").without_prefix("éa", Length::shortest) == "a");
  BOOST_TEST(ShellPattern("?").without_suffix("a€", Length::shortest) == "a");
  BOOST_TEST(ShellPattern("?").without_prefix("\xff\xfe", Length::shortest) == "\xfe");
  BOOST_TEST(ShellPattern("x").without_prefix("x\xff😀", Length::shortest) == "\xff😀");
}

BOOST_AUTO_TEST_CASE(nothing_reaches_over_the_end_of_a_line) {
  BOOST_TEST(ShellPattern("*").without_prefix("ab\ncd", Length::longest) == "\ncd");
  BOOST_TEST(ShellPattern("a\nb").without_prefix("a\nbc", Length::longest) == "c");
}

BOOST_AUTO_TEST_CASE(the_first_or_all_matches_are_replaced) {
  BOOST_TEST(replaced(".", "1.2.3", "-", Which::first) == "1-2.3");
  BOOST_TEST(replaced(".", "1.2.3", "-", Which::all) == "1-2-3");
  BOOST_TEST(replaced("a*c", "xabcbcx", "-", Which::first) == "x-x");
  BOOST_TEST(replaced("a?", "abacad", "", Which::all) == "");
  BOOST_TEST(replaced("q", "abc", "-", Which::all) == "abc");
  BOOST_TEST(replaced("*", "abc", "-", Which::all) == "-");
  BOOST_TEST(replaced("aa", "aaaaa", "b", Which::all) == "bba");
}

BOOST_AUTO_TEST_CASE(an_empty_pattern_is_found_before_each_character) {
  BOOST_TEST(replaced("", "ab", "-", Which::first) == "-ab");
  BOOST_TEST(replaced("", "ab", "-", Which::all) == "-a-b-");
  BOOST_TEST(replaced("", "", "-", Which::all) == "-");
  BOOST_TEST(replaced("*", "", "-", Which::all) == "-");
}

BOOST_AUTO_TEST_CASE(brackets_and_other_signs_mean_nothing) {
  BOOST_TEST(ShellPattern("[a-z]").without_prefix("[a-z]b", Length::longest) == "b");
  BOOST_TEST(ShellPattern("()|^$+.{").without_prefix("()|^$+.{x", Length::longest) == "x");
}

BOOST_AUTO_TEST_CASE(a_backslash_takes_meaning_away_and_nothing_else) {
  BOOST_TEST(ShellPattern("\\?\\*\\\\\\}\\/").without_prefix("?*\\}/x", Length::longest) == "x");
  for (const char* wrong : {"\\a", "a\\", "\\."})
    BOOST_CHECK_EXCEPTION(ShellPattern{wrong}, Error, [](const Error& error) {
      return error.code() == ExitCode::usage &&
             error.cause().find("no meaning to take") != std::string::npos;
    });
}

BOOST_AUTO_TEST_CASE(a_search_without_end_is_refused) {
  const std::string text(1 << 20, 'a');
  BOOST_CHECK_EXCEPTION(ShellPattern("*b").replaced(text, "", Which::all), Error,
                        [](const Error& error) { return error.code() == ExitCode::usage; });
  BOOST_TEST(ShellPattern("*a").without_prefix(text, Length::longest).empty());
}
