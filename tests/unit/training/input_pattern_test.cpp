#include "training/input_pattern.hpp"

#include <boost/test/unit_test.hpp>

#include "run_fixture.hpp"

using namespace trainyard;
using training::InputPattern;

namespace {

struct PatternFixture : training::testing::RunFixture {
  PatternFixture() {
    for (const char* path : {"a.csv", "b.txt", "x/a.csv", "x/a.d/c.csv", "x/y/z/a.csv", ".h/a.csv",
                             "x/.h.csv", "é.csv"})
      write_source(path, "content");
  }
  std::string matches(const std::string& pattern) const {
    std::string text;
    for (const std::string& file :
         training::match_files({source(), pattern}, {source() / "x/y"}).files)
      text += (text.empty() ? "" : " ") + file;
    return text;
  }
  std::string nearest(const std::string& base, const std::string& pattern) const {
    return training::nearest_pattern({source() / base, pattern});
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(input_pattern, PatternFixture)

BOOST_AUTO_TEST_CASE(parts_match_as_in_a_shell) {
  BOOST_TEST(matches("*.csv") == "a.csv é.csv");
  BOOST_TEST(matches("?.*") == "a.csv b.txt");
  BOOST_TEST(matches("[!a]*") == "b.txt é.csv");
  BOOST_TEST(matches("[ab].???") == "a.csv b.txt");
  BOOST_TEST(matches("*/*.csv") == "x/a.csv");
  BOOST_TEST(matches(".*/*") == ".h/a.csv");
  BOOST_TEST(matches("x/.*") == "x/.h.csv");
  BOOST_TEST(matches("*/a.d/*") == "x/a.d/c.csv");
  BOOST_TEST(matches("x") == "");
}

BOOST_AUTO_TEST_CASE(two_stars_are_any_folders_but_hidden_and_excluded_ones) {
  BOOST_TEST(matches("**/*.csv") == "a.csv x/a.csv x/a.d/c.csv é.csv");
  BOOST_TEST(matches("**") == "a.csv b.txt x/a.csv x/a.d/c.csv é.csv");
  BOOST_TEST(matches("**/a.csv") == "a.csv x/a.csv");
  BOOST_TEST(matches("x/**/**/c.csv") == "x/a.d/c.csv");
}

BOOST_AUTO_TEST_CASE(two_stars_follow_no_link_and_one_star_does) {
  fs::create_directory_symlink("../../x", source() / "x/a.d/back");
  fs::create_symlink("nowhere", source() / "dangling.csv");
  fs::create_symlink("b.txt", source() / "link.csv");
  BOOST_TEST(matches("x/**/*.csv") == "x/a.csv x/a.d/c.csv");
  BOOST_TEST(matches("x/a.d/*/a.csv") == "x/a.d/back/a.csv");
  BOOST_TEST(matches("*.csv") == "a.csv link.csv é.csv");
}

BOOST_AUTO_TEST_CASE(the_order_is_that_of_a_walk) {
  const std::vector<std::string> sorted{"a", "a/b", "a/c/d", "a.csv", "b"};
  for (size_t i = 1; i < sorted.size(); ++i) {
    BOOST_TEST(training::comes_before(sorted[i - 1], sorted[i]));
    BOOST_TEST(!training::comes_before(sorted[i], sorted[i - 1]));
  }
}

BOOST_AUTO_TEST_CASE(folders_searched_are_told) {
  const auto walked = training::match_files({source(), "*/a.csv"}, {build()}).walked;
  BOOST_TEST((walked == std::vector<fs::path>{source(), source() / "x"}));
}

BOOST_AUTO_TEST_CASE(a_path_is_split_before_its_first_wildcard) {
  InputPattern split = training::split_pattern(source() / "x/y*/z.csv");
  BOOST_TEST(split.base == source() / "x");
  BOOST_TEST(split.pattern == "y*/z.csv");
  write_source("odd[1]/a.csv", "");
  split = training::split_pattern(source() / "odd[1]/*.csv");
  BOOST_TEST(split.base == source() / "odd[1]");
  BOOST_TEST(split.pattern == "*.csv");
}

BOOST_AUTO_TEST_CASE(what_is_no_pattern_is_said) {
  BOOST_TEST(training::fault_of_pattern("**/*.csv").empty());
  BOOST_TEST(!training::fault_of_pattern("x/**.csv").empty());
  BOOST_TEST(!training::fault_of_pattern("***").empty());
}

BOOST_AUTO_TEST_CASE(what_is_near_is_proposed) {
  BOOST_TEST(nearest("", "*.cvs") == "did you mean \"*.csv\"?");
  BOOST_TEST(nearest("x/a.f", "*.csv") ==
             "there is no folder a.f; did you mean " + (source() / "x/a.d").string() + "?");
  BOOST_TEST(nearest("x", "z/*.csv")
                 .find("did you mean \"" + (source() / "x").string() + "/**/z/*.csv\"") !=
             std::string::npos);
  BOOST_TEST(nearest("", "*.something").empty());
}

BOOST_AUTO_TEST_SUITE_END()
