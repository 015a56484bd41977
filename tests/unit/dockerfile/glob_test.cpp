#include "dockerfile/glob.hpp"

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"
#include "dockerfile/ignore_file.hpp"

namespace dockerfile = trainyard::dockerfile;
using dockerfile::Glob;
using dockerfile::match_part;
using dockerfile::match_path;

BOOST_AUTO_TEST_CASE(stars_and_question_marks_match_within_one_part) {
  BOOST_TEST(match_part("abc", "abc"));
  BOOST_TEST(!match_part("abc", "abcd"));
  BOOST_TEST(match_part("*", ""));
  BOOST_TEST(match_part("*.txt", "a.txt"));
  BOOST_TEST(match_part("*.txt", ".txt"));
  BOOST_TEST(!match_part("*.txt", "a.txt2"));
  BOOST_TEST(match_part("a*b*c", "a-b-b-c"));
  BOOST_TEST(!match_part("a*b*c", "a-c-b"));
  BOOST_TEST(match_part("?.c", "x.c"));
  BOOST_TEST(!match_part("?.c", ".c"));
  BOOST_TEST(match_part("?", "é"));
  BOOST_TEST(!match_part("??", "é"));
}

BOOST_AUTO_TEST_CASE(sets_match_ranges_and_their_opposite) {
  BOOST_TEST(match_part("[a-c]x", "bx"));
  BOOST_TEST(!match_part("[a-c]x", "dx"));
  BOOST_TEST(match_part("[^a-c]x", "dx"));
  BOOST_TEST(!match_part("[^a-c]x", "ax"));
  BOOST_TEST(match_part("[abx-z]", "y"));
  BOOST_TEST(match_part("[\\]]", "]"));
  BOOST_TEST(match_part("[\\-x]", "-"));
  BOOST_TEST(match_part("[à-ü]", "é"));
  BOOST_TEST(!match_part("a[^x]b", "a/b"));
}

BOOST_AUTO_TEST_CASE(a_backslash_takes_meaning_away) {
  BOOST_TEST(match_part("\\*", "*"));
  BOOST_TEST(!match_part("\\*", "a"));
  BOOST_TEST(match_part("a\\?b", "a?b"));
  BOOST_TEST(match_part("\\a", "a"));
}

BOOST_AUTO_TEST_CASE(paths_match_part_by_part) {
  BOOST_TEST(match_path("a/*/c", "a/b/c"));
  BOOST_TEST(!match_path("a/*/c", "a/b/d/c"));
  BOOST_TEST(!match_path("*", "a/b"));
  BOOST_TEST(!match_path("a?b", "a/b"));
  BOOST_TEST(match_path("src/*.c*", "src/main.cpp"));
  // Go's own dialect knows no `**`: two stars are a star.
  BOOST_TEST(!match_path("**", "a/b"));
}

BOOST_AUTO_TEST_CASE(malformed_patterns_are_refused) {
  for (const char* pattern : {"[", "[a", "[]", "[^]", "[a-]", "[-a]", "[]a]", "a\\", "[\\", "[a-b"})
    BOOST_TEST_CONTEXT(pattern) BOOST_CHECK_THROW(match_part(pattern, "x"), trainyard::Error);
}

BOOST_AUTO_TEST_CASE(a_pattern_of_many_stars_takes_linear_time) {
  std::string pattern;
  for (int i = 0; i < 40; ++i) pattern += "a*";
  BOOST_TEST(!match_part(pattern + "b", std::string(5000, 'a')));
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_utf8_equal_only_themselves) {
  BOOST_TEST(match_part("\xff", "\xff"));
  BOOST_TEST(!match_part("\xff", "\xfe"));
  BOOST_TEST(match_part("?", "\xff"));
}

BOOST_AUTO_TEST_CASE(literal_patterns_are_recognised) {
  const auto literal = [](const char* p) { return Glob::compile(p, Glob::Dialect::go).literal(); };
  BOOST_TEST(literal("a/b.txt"));
  BOOST_TEST(literal("a\\*b"));
  BOOST_TEST(!literal("a*"));
  BOOST_TEST(!literal("[a]"));
}
