#include "lint/shell_commands.hpp"

#include <boost/test/unit_test.hpp>

using trainyard::lint::shell_commands;

namespace {

/// Commands as lines, words separated by "|".
std::string read(const std::string& text) {
  std::string result;
  for (const auto& command : shell_commands(text)) {
    std::string line;
    for (const auto& word : command.words) line += (line.empty() ? "" : "|") + word.text;
    result += line + "\n";
  }
  return result;
}

}  // namespace

BOOST_AUTO_TEST_CASE(commands_are_separated) {
  BOOST_TEST(read("a b && c; d | e & f || (g h)\ni") == "a|b\nc\nd\ne\nf\ng|h\ni\n");
}

BOOST_AUTO_TEST_CASE(quotes_escapes_and_comments_are_understood) {
  BOOST_TEST(read("a 'b;c' \"d \\\" e\" f\\ g h\\\ni # j; k\nl#m") == "a|b;c|d \" e|f g|hi\nl#m\n");
}

BOOST_AUTO_TEST_CASE(what_stands_before_a_program_is_left_out) {
  BOOST_TEST(read("A=1 B='x y' sudo env C=2 apt-get update; if true; then pip; fi") ==
             "apt-get|update\ntrue\npip\nfi\n");
}

BOOST_AUTO_TEST_CASE(redirections_are_left_out) {
  BOOST_TEST(read("a > b 2>&1 c >>d <e 2> f g") == "a|c|g\n");
}

BOOST_AUTO_TEST_CASE(substitutions_are_text) {
  BOOST_TEST(read("a $(b; c (d)) e") == "a|$(b; c (d))|e\n");
}

BOOST_AUTO_TEST_CASE(words_know_their_place) {
  const auto commands = shell_commands("ab && 'c d' ef");
  BOOST_REQUIRE_EQUAL(commands.size(), 2u);
  BOOST_TEST(commands[1].words[0].offset == 6u);
  BOOST_TEST(commands[1].words[0].length == 5u);
  BOOST_TEST(commands[1].words[1].offset == 12u);
}

BOOST_AUTO_TEST_CASE(text_that_no_shell_would_take_is_read_somehow) {
  for (const char* text : {"'", "\"", "\\", "$(", ">", "a >", "((((", "#", "a '", "&&&&", "2>"})
    BOOST_CHECK_NO_THROW(shell_commands(text));
}
