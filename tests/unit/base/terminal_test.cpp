#include "base/terminal.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "../pseudo_terminal.hpp"
#include "../scoped_variable.hpp"
#include "base/unique_fd.hpp"

using namespace trainyard;
using testing::ScopedVariable;

BOOST_AUTO_TEST_SUITE(terminal)

BOOST_AUTO_TEST_CASE(text_that_fits_stays_as_it_is) {
  BOOST_TEST(fit_columns("epoch 3", 80) == "epoch 3");
  BOOST_TEST(fit_columns("abc", 3) == "abc");
  BOOST_TEST(fit_columns("", 3) == "");
}

BOOST_AUTO_TEST_CASE(longer_text_ends_in_an_ellipsis_and_has_as_many_characters_as_asked_for) {
  BOOST_TEST(fit_columns("abcd", 3) == "ab…");
  BOOST_TEST(fit_columns("abcd", 1) == "…");
  BOOST_TEST(fit_columns("abcd", 0) == "");
  BOOST_TEST(fit_columns("abcd", -5) == "");
}

BOOST_AUTO_TEST_CASE(characters_of_several_bytes_count_once_and_are_never_cut_apart) {
  BOOST_TEST(fit_columns("größe", 5) == "größe");
  BOOST_TEST(fit_columns("größe", 4) == "grö…");
  BOOST_TEST(fit_columns("größe", 3) == "gr…");
  BOOST_TEST(fit_columns("日本語", 3) == "日本語");
  BOOST_TEST(fit_columns("日本語です", 3) == "日本…");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_utf_8_neither_crash_nor_vanish) {
  BOOST_TEST(fit_columns("\xff\xfe", 80) == "\xff\xfe");
  BOOST_TEST(fit_columns("\x80\x80\x80", 2) == "\x80\x80\x80");  // one point, oddly continued
  BOOST_TEST(fit_columns("ab\xc3", 80) == "ab\xc3");
}

BOOST_AUTO_TEST_CASE(control_characters_are_made_visible) {
  BOOST_TEST(printable("\x1b[31mred\x07\r\x7f") == "\\x1b[31mred\\x07\\x0d\\x7f");
  BOOST_TEST(printable(std::string_view("a\0b", 3)) == "a\\x00b");
  // CSI as one character of eight bits, in UTF-8
  BOOST_TEST(printable("\u009b31mred\u00a0") == "\\x9b31mred\u00a0");
}

BOOST_AUTO_TEST_CASE(newlines_tabs_and_letters_of_any_language_stay) {
  BOOST_TEST(printable("größe\t=\t日本\n") == "größe\t=\t日本\n");
}

BOOST_AUTO_TEST_CASE(a_pipe_is_no_terminal_and_has_no_colour) {
  int ends[2];
  BOOST_REQUIRE(::pipe(ends) == 0);
  const UniqueFd read_end(ends[0]), write_end(ends[1]);
  const ScopedVariable kind("TERM", "xterm");
  const Terminal seen = inspect_terminal(write_end.get());
  BOOST_TEST(!seen.is_terminal);
  BOOST_TEST(!seen.colour);
  BOOST_TEST(seen.columns == 80);
}

BOOST_AUTO_TEST_CASE(a_terminal_has_its_own_width_and_colours_unless_no_color_is_set) {
  const testing::PseudoTerminal pair(43);
  const ScopedVariable kind("TERM", "xterm");
  {
    const ScopedVariable none("NO_COLOR", nullptr);
    const Terminal seen = inspect_terminal(pair.terminal());
    BOOST_TEST(seen.is_terminal);
    BOOST_TEST(seen.colour);
    BOOST_TEST(seen.columns == 43);
  }
  const ScopedVariable no_colour("NO_COLOR", "1");
  const Terminal seen = inspect_terminal(pair.terminal());
  BOOST_TEST(seen.is_terminal);
  BOOST_TEST(!seen.colour);
}

BOOST_AUTO_TEST_CASE(a_terminal_that_cannot_move_its_cursor_counts_as_none) {
  const testing::PseudoTerminal pair(43);
  for (const char* kind : {"dumb", ""}) {
    const ScopedVariable variable("TERM", kind);
    BOOST_TEST(!inspect_terminal(pair.terminal()).is_terminal);
  }
  const ScopedVariable unset("TERM", nullptr);
  BOOST_TEST(!inspect_terminal(pair.terminal()).is_terminal);
}

BOOST_AUTO_TEST_SUITE_END()
