#include "base/error.hpp"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <filesystem>
#include <stdexcept>

#include "base/error_of.hpp"

using namespace trainyard;

BOOST_AUTO_TEST_SUITE(errors)

BOOST_AUTO_TEST_CASE(an_error_is_shown_on_one_line_with_its_hint_below) {
  const Error error("reading", "/a/b.json", "it is damaged", "write it again");
  BOOST_TEST(error.render() ==
             "trainyard: error: reading /a/b.json: it is damaged\n"
             "hint: write it again\n");
  BOOST_TEST(std::string(error.what()) == "reading /a/b.json: it is damaged");
  BOOST_TEST((error.code() == ExitCode::machine));
}

BOOST_AUTO_TEST_CASE(names_neither_move_the_cursor_nor_pass_for_lines) {
  const Error error = Error("reading", "\x1b[2J\nhint: run this", "it is\x07 odd", "look\nagain")
                          .with_excerpt("a\x1b[1m\nb");
  BOOST_TEST(error.render() ==
             "trainyard: error: reading \\x1b[2J\\nhint: run this: it is\\x07 odd\n"
             "a\\x1b[1m\nb\n"
             "hint: look\\nagain\n");
}

BOOST_AUTO_TEST_CASE(missing_parts_leave_no_traces) {
  BOOST_TEST(Error("", "Dockerfile:3", "no stage").render() ==
             "trainyard: error: Dockerfile:3: no stage\n");
  BOOST_TEST(Error("locking", "", "").render() == "trainyard: error: locking\n");
}

BOOST_AUTO_TEST_CASE(an_excerpt_stands_between_message_and_hint) {
  const Error error = Error("running", "a", "it failed", "look").with_excerpt("last line");
  BOOST_TEST(error.render() == "trainyard: error: running a: it failed\nlast line\nhint: look\n");
}

BOOST_AUTO_TEST_CASE(bad_input_has_exit_code_two) {
  BOOST_TEST((usage_error("a", "b", "c").code() == ExitCode::usage));
  BOOST_TEST((source_error({"f", 1, 1, 1, "x"}, "m").code() == ExitCode::usage));
  BOOST_TEST(static_cast<int>(ExitCode::usage) == 2);
  BOOST_TEST(static_cast<int>(ExitCode::interrupted) == 130);
}

BOOST_AUTO_TEST_CASE(a_failed_system_call_says_why_in_words) {
  BOOST_TEST(system_error("opening", "/x", ENOENT).cause() == "No such file or directory");
  errno = EACCES;
  BOOST_TEST(system_error("opening", "/x").cause() == "Permission denied");
}

BOOST_AUTO_TEST_CASE(a_failed_system_call_says_what_helps_against_it) {
  BOOST_TEST(system_error("writing", "/x", ENOSPC).hint().find("trainyard gc") !=
             std::string::npos);
  BOOST_TEST(system_error("writing", "/x", EIO).hint().find("dmesg") != std::string::npos);
  BOOST_TEST(system_error("opening", "/x", ENOENT).hint().empty());
}

BOOST_AUTO_TEST_CASE(what_the_standard_library_throws_says_why_and_what_helps_too) {
  namespace fs = std::filesystem;
  const auto stale = std::make_error_code(std::errc::io_error);
  const Error named = error_of(fs::filesystem_error("cannot look", "/x", stale), "running", "it");
  BOOST_TEST(std::string(named.what()) == "working on /x: Input/output error");
  BOOST_TEST(named.hint().find("dmesg") != std::string::npos);
  const Error unnamed = error_of(fs::filesystem_error("cannot advance", stale));
  BOOST_TEST(std::string(unnamed.what()) == "working on files: Input/output error");
  BOOST_TEST(error_of(std::runtime_error("odd")).render() == "trainyard: error: odd\n");
  BOOST_TEST(std::string(error_of(std::runtime_error("odd"), "running", "it").what()) ==
             "running it: odd");
  const Error own = usage_error("reading", "/a", "it is damaged", "write it again");
  BOOST_TEST(error_of(own).render() == own.render());
  BOOST_TEST((error_of(own).code() == ExitCode::usage));
}

BOOST_AUTO_TEST_CASE(a_mistake_in_a_source_is_shown_with_a_caret) {
  const Error error =
      source_error({"Dockerfile", 3, 5, 3, "    RNU x"}, "unknown instruction", "RUN?");
  BOOST_TEST(error.render() ==
             "trainyard: error: Dockerfile:3:5: unknown instruction\n"
             "  3 |     RNU x\n"
             "    |     ^~~\n"
             "hint: RUN?\n");
}

BOOST_AUTO_TEST_CASE(the_caret_follows_tabs) {
  BOOST_TEST(render_excerpt({"f", 12, 3, 1, "\ta b"}) == "  12 | \ta b\n     | \t ^\n");
}

BOOST_AUTO_TEST_CASE(without_a_column_the_line_alone_is_shown) {
  BOOST_TEST(render_excerpt({"f", 2, 0, 1, "text"}) == "  2 | text\n");
  BOOST_TEST(render_excerpt({"f", 0, 0, 1, ""}).empty());
  BOOST_TEST(source_error({"f", 2, 0, 1, "text"}, "m").subject() == "f:2");
}

BOOST_AUTO_TEST_SUITE_END()
