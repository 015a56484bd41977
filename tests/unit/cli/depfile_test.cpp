#include "cli/depfile.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>

#include "base/fingerprint.hpp"

using namespace trainyard;
using namespace trainyard::cli;

namespace {

struct Folder {
  TemporaryDirectory folder;
  fs::path depfile = folder.path() / "image.d";
  fs::path links = folder.path() / "image.d.links";

  std::string written(const std::vector<std::string>& paths,
                      const fs::path& target = "image.digest") {
    write_depfile(depfile, target, paths);
    return read_file(depfile);
  }
  fs::path link_to(const fs::path& path) { return links / fingerprint(path.native()).hex(); }
  size_t link_count() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(links), fs::directory_iterator()));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(depfile, Folder)

BOOST_AUTO_TEST_CASE(plain_paths_are_listed_as_they_are_in_order) {
  BOOST_TEST(written({"/src/b.cpp", "/src/a-1_2+3,4@5.cpp", "/src"}) ==
             "image.digest: \\\n  /src \\\n  /src/a-1_2+3,4@5.cpp \\\n  /src/b.cpp\n");
  BOOST_TEST(!fs::exists(links));
}

BOOST_AUTO_TEST_CASE(without_paths_it_is_a_rule_without_inputs) {
  BOOST_TEST(written({}) == "image.digest:\n");
}

BOOST_AUTO_TEST_CASE(blanks_are_escaped_in_paths_and_target) {
  BOOST_TEST(written({"/my data/a b.csv"}, "out dir/x.digest") ==
             "out\\ dir/x.digest: \\\n  /my\\ data/a\\ b.csv\n");
}

BOOST_AUTO_TEST_CASE(letters_of_any_language_are_carried) {
  BOOST_TEST(written({"/größe/模型.csv"}) == "image.digest: \\\n  /größe/模型.csv\n");
}

BOOST_AUTO_TEST_CASE(the_same_set_in_any_order_and_number_gives_the_same_text) {
  const std::vector<std::string> paths{"/c", "/a", "/b:1", "/a", "/d e"};
  const std::string text = written(paths);
  BOOST_TEST(written({"/d e", "/b:1", "/c", "/a"}) == text);
  BOOST_TEST(std::count(text.begin(), text.end(), '\n') == 5);
}

BOOST_AUTO_TEST_CASE(a_path_with_other_characters_is_listed_by_a_link_to_it) {
  for (const char c : std::string("$#:\\*?\"'&|;<>`^\t\n")) {
    const fs::path path = folder.path() / (std::string("odd") + c + "name");
    write_file_atomic(path, "content");
    BOOST_TEST(written({path}) == "image.digest: \\\n  " + link_to(path).string() + "\n");
    BOOST_TEST((fs::read_symlink(link_to(path)) == path));
    BOOST_TEST(read_file(link_to(path)) == "content");
  }
  BOOST_TEST(link_count() == 1U);
}

BOOST_AUTO_TEST_CASE(links_that_are_needed_stay_and_those_that_are_not_go) {
  written({"/a:1", "/b:1"});
  BOOST_TEST(link_count() == 2U);
  written({"/b:1", "/plain"});
  BOOST_TEST(link_count() == 1U);
  BOOST_TEST((fs::read_symlink(link_to("/b:1")) == "/b:1"));
  written({"/plain"});
  BOOST_TEST(!fs::exists(fs::symlink_status(links)));
}

BOOST_AUTO_TEST_CASE(a_link_that_leads_elsewhere_is_made_anew) {
  fs::create_directory(links);
  fs::create_symlink("/elsewhere", link_to("/a:1"));
  written({"/a:1"});
  BOOST_TEST((fs::read_symlink(link_to("/a:1")) == "/a:1"));
}

BOOST_AUTO_TEST_SUITE_END()
