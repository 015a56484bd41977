#include "dockerfile/ignore_file.hpp"

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"

using trainyard::dockerfile::IgnoreFile;

namespace {

IgnoreFile parse(const std::string& text) {
  return IgnoreFile::parse(text, ".dockerignore");
}
bool ignores(const std::string& text, const std::string& path) {
  return parse(text).ignores(path);
}
bool prunes(const std::string& text, const std::string& folder) {
  return parse(text).prunes(folder);
}

std::string error_of(const std::string& text) {
  try {
    parse(text);
  } catch (const trainyard::Error& error) {
    BOOST_TEST((error.code() == trainyard::ExitCode::usage));
    return error.what();
  }
  return "no error";
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_empty_file_ignores_nothing) {
  BOOST_TEST(parse("").empty());
  BOOST_TEST(parse("\n  \n# note\n").empty());
  BOOST_TEST(!IgnoreFile().ignores("a"));
  BOOST_TEST(!IgnoreFile().prunes("a"));
}

BOOST_AUTO_TEST_CASE(a_name_matches_at_the_root_only) {
  BOOST_TEST(ignores("build", "build"));
  BOOST_TEST(!ignores("build", "src/build"));
  BOOST_TEST(!ignores("build", "build2"));
  BOOST_TEST(!ignores("*.o", "src/a.o"));
  BOOST_TEST(ignores("*/*.o", "src/a.o"));
}

BOOST_AUTO_TEST_CASE(what_lies_below_an_ignored_folder_is_ignored) {
  BOOST_TEST(ignores("build", "build/a"));
  BOOST_TEST(ignores("build", "build/a/b/c"));
  BOOST_TEST(ignores("a*", "abc/x/y"));
}

BOOST_AUTO_TEST_CASE(slashes_and_blanks_around_a_pattern_do_not_count) {
  BOOST_TEST(ignores("build/", "build"));
  BOOST_TEST(ignores("/build", "build/x"));
  BOOST_TEST(ignores("//build//x/", "build/x"));
  BOOST_TEST(ignores("  build \t", "build"));
  BOOST_TEST(ignores("./build", "build"));
  BOOST_TEST(ignores("a/../build", "build"));
  BOOST_TEST(ignores("build\r\nx\r\n", "x"));
  BOOST_TEST(
      ignores("\xEF\xBB\xBF"
              "build",
              "build"));
}

BOOST_AUTO_TEST_CASE(patterns_that_name_the_context_itself_do_nothing) {
  BOOST_TEST(parse(".").empty());
  BOOST_TEST(parse("/").empty());
  BOOST_TEST(parse("!.").empty());
  BOOST_TEST(!ignores("../x", "x"));
}

BOOST_AUTO_TEST_CASE(comments_begin_at_the_very_start_of_a_line) {
  BOOST_TEST(!ignores("# build\n", "build"));
  BOOST_TEST(ignores(" #x", "#x"));
  BOOST_TEST(ignores("a#b", "a#b"));
  BOOST_TEST(ignores("\\#x", "#x"));
}

BOOST_AUTO_TEST_CASE(two_stars_match_any_number_of_folders) {
  BOOST_TEST(ignores("**/*.pyc", "a.pyc"));
  BOOST_TEST(ignores("**/*.pyc", "x/a.pyc"));
  BOOST_TEST(ignores("**/*.pyc", "x/y/z/a.pyc"));
  BOOST_TEST(!ignores("**/*.pyc", "a.py"));
  BOOST_TEST(ignores("**/node", "a/node/b"));
  BOOST_TEST(!ignores("**/node", "a/xnode"));
  BOOST_TEST(ignores("a/**/b", "a/b"));
  BOOST_TEST(ignores("a/**/b", "a/x/y/b"));
  BOOST_TEST(!ignores("a/**/b", "a/xb"));
  BOOST_TEST(ignores("**", "any/thing"));
  BOOST_TEST(ignores("a/**", "a/x"));
  BOOST_TEST(!ignores("a/**", "a"));
  BOOST_TEST(!ignores("a/**", "b/a/x"));
}

BOOST_AUTO_TEST_CASE(the_last_match_wins) {
  BOOST_TEST(!ignores("*\n!keep", "keep"));
  BOOST_TEST(ignores("*\n!keep", "other"));
  BOOST_TEST(ignores("!keep\n*", "keep"));
  BOOST_TEST(ignores("*.md\n!README*.md\nREADME-secret.md", "README-secret.md"));
  BOOST_TEST(!ignores("*.md\n!README*.md\nREADME-secret.md", "README-x.md"));
  BOOST_TEST(!ignores("*\n! keep", "keep"));
}

BOOST_AUTO_TEST_CASE(an_exception_brings_back_what_lies_below_it) {
  BOOST_TEST(!ignores("*\n!src", "src/a/b.cpp"));
  BOOST_TEST(!ignores("data\n!data/small", "data/small/x"));
  BOOST_TEST(ignores("data\n!data/small", "data/large/x"));
  BOOST_TEST(ignores("data\n!data/small", "data"));
  BOOST_TEST(ignores("*\n!src\n**/*.o", "src/a.o"));
}

BOOST_AUTO_TEST_CASE(an_ignored_folder_is_pruned_when_no_exception_reaches_into_it) {
  BOOST_TEST(prunes("build", "build"));
  BOOST_TEST(prunes("build", "build/sub"));
  BOOST_TEST(!prunes("build", "src"));
  BOOST_TEST(prunes("*\n!src", "build"));
  BOOST_TEST(!prunes("*\n!src", "src"));
  BOOST_TEST(!prunes("data\n!data/a/b", "data"));
  BOOST_TEST(!prunes("data\n!data/a/b", "data/a"));
  BOOST_TEST(prunes("data\n!data/a/b", "data/c"));
  BOOST_TEST(!prunes("data\n!**/*.txt", "data/c"));
  BOOST_TEST(prunes("!data/x\ndata", "data"));
  BOOST_TEST(!prunes("data\n!*/keep", "data"));
  BOOST_TEST(prunes("data\n!*/keep", "data/sub"));
  BOOST_TEST(prunes("data\n!datax/y", "data"));
}

BOOST_AUTO_TEST_CASE(pruning_never_hides_a_path_that_is_kept) {
  const IgnoreFile file = parse("*\n!a/*/c\na/b\n!**/k[0-9]\nq/**\n!q/r/**/s");
  const std::vector<std::string> parts{"a", "b", "c", "k1", "q", "r", "s"};
  for (const auto& one : parts)
    for (const auto& two : parts)
      for (const auto& three : parts) {
        const std::string path = one + "/" + two + "/" + three;
        if (file.ignores(path)) continue;
        BOOST_TEST(!file.prunes(one), path);
        BOOST_TEST(!file.prunes(one + "/" + two), path);
      }
}

BOOST_AUTO_TEST_CASE(malformed_patterns_are_named_with_their_line) {
  BOOST_TEST(error_of("a\n  b[\n") ==
             ".dockerignore:2:3: this pattern is malformed: \"[\" has no closing \"]\"");
  BOOST_TEST(error_of("!") == ".dockerignore:1:1: \"!\" is not followed by a pattern");
  BOOST_TEST(error_of("a\n! \n").starts_with(".dockerignore:2:1: "));
  BOOST_TEST(error_of("x\\").find("ends in a backslash") != std::string::npos);
}
