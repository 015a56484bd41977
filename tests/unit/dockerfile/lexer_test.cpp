#include "dockerfile/lexer.hpp"

#include "parsing.hpp"

using namespace dockerfile_test;
using trainyard::dockerfile::Dockerfile;
using trainyard::dockerfile::Lexer;
using trainyard::dockerfile::LogicalLine;

namespace {

struct Read {
  Dockerfile file;
  std::vector<LogicalLine> lines;
  Strings texts() const {
    Strings result;
    for (const LogicalLine& line : lines) result.push_back(line.text());
    return result;
  }
};

Read read(const std::string& text) {
  Read result;
  result.file.name = "Dockerfile";
  result.file.lines = trainyard::dockerfile::split_lines(text);
  Lexer lexer(result.file);
  while (auto line = lexer.next()) result.lines.push_back(*line);
  return result;
}

Strings lines_of(const std::string& text) {
  return read(text).texts();
}

/// "line:column" of the first place of `part` in the first instruction.
std::string place_of(const std::string& text, const std::string& part) {
  const Read result = read(text);
  BOOST_REQUIRE(!result.lines.empty());
  const size_t offset = result.lines[0].text().find(part);
  BOOST_REQUIRE(offset != std::string::npos);
  const auto at = result.lines[0].location(offset);
  return std::to_string(at.line) + ":" + std::to_string(at.column);
}

}  // namespace

BOOST_AUTO_TEST_CASE(instructions_are_lines_without_blanks_at_their_ends) {
  BOOST_TEST((lines_of("FROM a\n\n  RUN b \t\nRUN c") == Strings{"FROM a", "RUN b", "RUN c"}));
  BOOST_TEST(lines_of("").empty());
  BOOST_TEST(lines_of("\n \n\t\n").empty());
}

BOOST_AUTO_TEST_CASE(line_ends_of_both_kinds_and_a_byte_order_mark_are_understood) {
  BOOST_TEST((lines_of("FROM a\r\nRUN b \\\r\n  c\r\n") == Strings{"FROM a", "RUN b   c"}));
  BOOST_TEST((lines_of("\xEF\xBB\xBF"
                       "FROM a") == Strings{"FROM a"}));
}

BOOST_AUTO_TEST_CASE(comments_begin_a_line_and_nowhere_else) {
  BOOST_TEST((lines_of("# x\nFROM a\n  # y\nRUN echo # z") == Strings{"FROM a", "RUN echo # z"}));
}

BOOST_AUTO_TEST_CASE(continued_lines_are_joined_as_they_stand) {
  BOOST_TEST((lines_of("RUN a \\\n    b\\\nc") == Strings{"RUN a     bc"}));
  BOOST_TEST((lines_of("RUN a \\ \t\nb") == Strings{"RUN a b"}));
  BOOST_TEST((lines_of("RUN a \\\n") == Strings{"RUN a"}));
  BOOST_TEST((lines_of("RUN a \\") == Strings{"RUN a"}));
  BOOST_TEST(lines_of("\\\n\\").empty());
}

BOOST_AUTO_TEST_CASE(a_doubled_escape_character_does_not_continue_a_line) {
  BOOST_TEST((lines_of("RUN a \\\\\nRUN b") == Strings{"RUN a \\\\", "RUN b"}));
}

BOOST_AUTO_TEST_CASE(comments_and_empty_lines_inside_a_continuation_are_left_out) {
  BOOST_TEST((lines_of("RUN a \\\n# note\n  # more \\\n  b") == Strings{"RUN a   b"}));
  const Read result = read("RUN a \\\n\n  \nb");
  BOOST_TEST((result.texts() == Strings{"RUN a b"}));
  BOOST_REQUIRE_EQUAL(result.file.blank_continuations.size(), 1u);
  BOOST_TEST(result.file.blank_continuations[0].line == 2);
}

BOOST_AUTO_TEST_CASE(an_empty_line_after_a_last_continuation_is_no_part_of_it) {
  BOOST_TEST(read("RUN a \\\n\n").file.blank_continuations.empty());
}

BOOST_AUTO_TEST_CASE(every_character_knows_its_line_and_column) {
  BOOST_TEST(place_of("  RUN abc", "RUN") == "1:3");
  BOOST_TEST(place_of("  RUN abc", "abc") == "1:7");
  BOOST_TEST(place_of("\n\nRUN a \\\n   b \\\n# c\n\td", "b") == "4:4");
  BOOST_TEST(place_of("\n\nRUN a \\\n   b \\\n# c\n\td", "d") == "6:2");
  BOOST_TEST(place_of(" \\\n\\\n  RUN x", "RUN") == "3:3");
  BOOST_TEST(place_of("RUN a\\\nb", "b") == "2:1");
}

BOOST_AUTO_TEST_CASE(an_instruction_knows_its_last_line) {
  const Read result = read("RUN a \\\n# c\n b\nRUN d");
  BOOST_TEST(result.lines[0].location().line == 1);
  BOOST_TEST(result.lines[0].location().end_line == 3);
  BOOST_TEST(result.lines[1].location().line == 4);
  BOOST_TEST(result.lines[1].location().end_line == 4);
}

BOOST_AUTO_TEST_CASE(the_escape_directive_changes_the_continuation_character) {
  const Read result = read("# escape=`\nRUN a `\nb\nRUN c\\\nRUN d");
  BOOST_TEST(result.file.escape == '`');
  BOOST_TEST((result.texts() == Strings{"RUN a b", "RUN c\\", "RUN d"}));
  BOOST_TEST(read("#ESCAPE = \\\nRUN a").file.escape == '\\');
}

BOOST_AUTO_TEST_CASE(directives_stand_at_the_top_only) {
  BOOST_TEST(read("# syntax=docker/dockerfile:1\n# escape=`\nRUN a").file.escape == '`');
  BOOST_TEST(read("# note\n# escape=`\nRUN a").file.escape == '\\');
  BOOST_TEST(read("\n# escape=`\nRUN a").file.escape == '\\');
  BOOST_TEST(read("RUN a\n# escape=`").file.escape == '\\');
  BOOST_TEST(read("# unknown=1\n# escape=`\nRUN a").file.escape == '\\');
}

BOOST_AUTO_TEST_CASE(the_check_directive_is_read) {
  const auto file =
      read("# check=skip=StageNameCasing, JSONArgsRecommended;error=true\nRUN a").file;
  BOOST_TEST(file.checks.error);
  BOOST_TEST(
      (file.checks.skipped == std::set<std::string>{"stagenamecasing", "jsonargsrecommended"}));
  BOOST_TEST(file.checks.skips("StageNameCasing"));
  BOOST_TEST(!file.checks.skips("UndefinedVar"));
  BOOST_TEST(file.directive_lines == 1);
}
