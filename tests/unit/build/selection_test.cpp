#include "build/selection.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "base/sha256.hpp"

using namespace trainyard;
using namespace trainyard::build;

namespace {

using Strings = std::vector<std::string>;

struct Fixture {
  TemporaryDirectory folder;
  std::vector<std::string> read;
  dockerfile::IgnoreFile ignore;
  CopyFilter filter;

  void write(const std::string& path, const std::string& content) {
    write_file_atomic(folder.path() / path, content);
  }
  Selection select(const std::vector<std::string>& sources) {
    SelectionRules rules;
    rules.metadata = SelectionRules::Metadata::normalised;
    rules.ignore = ignore.empty() ? nullptr : &ignore;
    rules.content = [](const std::string& file, const struct stat&) {
      return store::FileContent{sha256_of_hex(sha256_hex_of_file(file)), {}};
    };
    rules.read = &read;
    rules.filter = filter;
    return select_paths(folder.path(), sources, rules);
  }
  std::string digest(const std::vector<std::string>& sources) {
    return content_digest(select(sources));
  }
  std::vector<std::string> paths(const Selection& selection) {
    std::vector<std::string> list;
    for (const SelectedSource& source : selection.sources)
      for (const SelectedEntry& entry : source.entries) list.push_back(source.place_of(entry));
    return list;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(selection, Fixture)

BOOST_AUTO_TEST_CASE(the_digest_sees_content_names_and_the_execute_bit_only) {
  write("d/a", "1");
  const std::string first = digest({"d"});
  touch(folder.path() / "d/a");
  ::chmod((folder.path() / "d/a").c_str(), 0664);
  BOOST_TEST(digest({"d"}) == first);
  ::chmod((folder.path() / "d/a").c_str(), 0744);
  const std::string executable = digest({"d"});
  BOOST_TEST(executable != first);
  ::chmod((folder.path() / "d/a").c_str(), 0644);
  write("d/a", "2");
  BOOST_TEST(digest({"d"}) != first);
  write("d/a", "1");
  BOOST_TEST(digest({"d"}) == first);
  fs::rename(folder.path() / "d/a", folder.path() / "d/b");
  BOOST_TEST(digest({"d"}) != first);
}

BOOST_AUTO_TEST_CASE(ignored_folders_are_not_entered_unless_an_exception_leads_into_them) {
  write("big/data", "1");
  write("some/out", "2");
  write("some/keep", "3");
  write("top", "4");
  ignore = dockerfile::IgnoreFile::parse("big\nsome\n!some/keep\n", ".dockerignore");
  const auto found = paths(select({""}));
  BOOST_TEST((found == std::vector<std::string>{"", "some", "some/keep", "top"}));
  for (const std::string& path : read) BOOST_TEST(path != (folder.path() / "big").string());
}

BOOST_AUTO_TEST_CASE(a_missing_source_says_which_one_it_is) {
  write("a", "1");
  try {
    select({"a", "b"});
    BOOST_FAIL("nothing was thrown");
  } catch (const SourceNotFound& error) {
    BOOST_TEST(error.index() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(wildcards_match_part_by_part_and_may_match_nothing) {
  write("x/one.py", "1");
  write("x/two.txt", "2");
  write("y/three.py", "3");
  BOOST_TEST((paths(select({"*/*.py"})) == std::vector<std::string>{"x/one.py", "y/three.py"}));
  BOOST_TEST(select({"*.none"}).sources.empty());
}

BOOST_AUTO_TEST_CASE(links_below_a_source_stay_links) {
  write("d/file", "1");
  fs::create_symlink("/etc/passwd", folder.path() / "d/link");
  const Selection selection = select({"d"});
  const SelectedEntry& link = selection.sources[0].entries[2];
  BOOST_TEST((link.type == SelectedEntry::Type::link));
  BOOST_TEST(link.link == "/etc/passwd");
}

BOOST_AUTO_TEST_CASE(a_list_reads_back_as_it_was_with_names_of_any_bytes) {
  write("d/new\nline", "1");
  write("d/\xff\xfe", "2");
  const Selection selection = select({"d"});
  const Selection back = parse_selection(serialise(selection));
  BOOST_TEST(content_digest(back) == content_digest(selection));
  BOOST_CHECK_THROW(parse_selection(serialise(selection).substr(0, 40)), Error);
}

BOOST_AUTO_TEST_CASE(exclude_leaves_out_what_matches_below_a_source) {
  for (const char* path : {"d/a.txt", "d/b.md", "d/e/a.txt", "d/e/f/b.md", "a.txt"})
    write(path, "1");
  filter.excluded = {"*.txt"};
  BOOST_TEST((paths(select({"d", "*.txt"})) ==
              Strings{"d", "d/b.md", "d/e", "d/e/a.txt", "d/e/f", "d/e/f/b.md"}));
  filter.excluded = {"**/*.txt"};
  BOOST_TEST(
      (paths(select({"d", "a.txt"})) == Strings{"d", "d/b.md", "d/e", "d/e/f", "d/e/f/b.md"}));
  filter.excluded = {"e", "!e/f/b.md"};
  BOOST_TEST(
      (paths(select({"d"})) == Strings{"d", "d/a.txt", "d/b.md", "d/e", "d/e/f", "d/e/f/b.md"}));
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_left_out_is_never_looked_into) {
  write("d/a/x", "1");
  write("d/b/x", "1");
  filter.excluded = {"a"};
  select({"d"});
  for (const std::string& path : read) BOOST_TEST(path.find("/d/a") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(parents_bring_the_folders_above_a_source) {
  for (const char* path : {"x/a.txt", "x/y/b.txt", "x/y/c.md", "z/q/d.txt"}) write(path, "1");
  filter.parents = true;
  const auto names = [&](const std::vector<std::string>& sources) {
    Strings list;
    for (const std::string& source : sources) {
      const Selection selection = select({pivoted_source(source).text()});
      for (const SelectedSource& selected : selection.sources)
        for (const SelectedEntry& entry : selected.entries)
          if (!entry.path.empty()) list.push_back(entry.path);
    }
    return list;
  };
  BOOST_TEST((names({"x/y/b.txt"}) == Strings{"x", "x/y", "x/y/b.txt"}));
  BOOST_TEST((names({"./x/./y/b.txt"}) == Strings{"y", "y/b.txt"}));
  BOOST_TEST((names({"x/y"}) == Strings{"x", "x/y", "x/y/b.txt", "x/y/c.md"}));
  BOOST_TEST((names({"**/*.txt"}) ==
              Strings{"x", "x/a.txt", "x/y", "x/y/b.txt", "z", "z/q", "z/q/d.txt"}));
  BOOST_TEST((names({"x/*/./*.md"}) == Strings{"c.md"}));
  BOOST_TEST(names({"x/*.none"}).empty());
  BOOST_CHECK_THROW(names({"x/none.txt"}), SourceNotFound);
}

BOOST_AUTO_TEST_SUITE_END()
