#include "build/selection.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "base/sha256.hpp"

using namespace trainyard;
using namespace trainyard::build;

namespace {

struct Fixture {
  TemporaryDirectory folder;
  std::vector<std::string> read;
  dockerfile::IgnoreFile ignore;

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

BOOST_AUTO_TEST_SUITE_END()
