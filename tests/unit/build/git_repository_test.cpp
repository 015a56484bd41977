#include "build/git_repository.hpp"

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"
#include "build/download.hpp"

using namespace trainyard;
using namespace trainyard::build;

BOOST_AUTO_TEST_SUITE(git_repository)

BOOST_AUTO_TEST_CASE(a_fragment_names_ref_and_folder) {
  const GitAddress plain = parse_git_address("https://e.org/a.git");
  BOOST_TEST(plain.url == "https://e.org/a.git");
  BOOST_TEST(plain.ref.empty());
  BOOST_TEST(plain.submodules);
  const GitAddress both = parse_git_address("git@e.org:a/b.git#feature/x:sub/../dir");
  BOOST_TEST(both.url == "git@e.org:a/b.git");
  BOOST_TEST(both.ref == "feature/x");
  BOOST_TEST(both.folder == "dir");
  BOOST_TEST(parse_git_address("https://e.org/a.git#:../..").folder == "");
}

BOOST_AUTO_TEST_CASE(settings_stand_behind_a_question_mark) {
  const GitAddress address = parse_git_address(
      "https://e.org/"
      "a.git?tag=v1&subdir=x%2Fy&commit=0123456&submodules=false&keep-git-dir&mtime=commit");
  BOOST_TEST(address.url == "https://e.org/a.git");
  BOOST_TEST(address.ref == "refs/tags/v1");
  BOOST_TEST(address.folder == "x/y");
  BOOST_TEST(address.commit == "0123456");
  BOOST_TEST(!address.submodules);
  BOOST_TEST(address.keep_git_dir.value());
  BOOST_TEST(address.times_of_commit);
}

BOOST_AUTO_TEST_CASE(what_git_could_take_for_an_option_is_refused) {
  for (const char* text : {"https://e.org/a.git#--upload-pack=x", "https://e.org/a.git?ref=-x",
                           "https://e.org/a.git?tag=a b", "https://e.org/a.git?brnch=x",
                           "https://e.org/a.git?branch=a&tag=b", "https://e.org/a.git?ref",
                           "https://e.org/a.git?commit=xyz", "https://e.org/a.git?mtime=now",
                           "https://e.org/a.git#a?b"})
    BOOST_CHECK_THROW(parse_git_address(text), Error);
}

BOOST_AUTO_TEST_CASE(addresses_are_shown_without_their_passwords) {
  BOOST_TEST(shown_address("https://me:secret@e.org/a@b?c") == "https://e.org/a@b?c");
  BOOST_TEST(shown_address("https://e.org/a@b") == "https://e.org/a@b");
  BOOST_TEST(shown_address("git@e.org:a") == "git@e.org:a");
}

BOOST_AUTO_TEST_CASE(a_download_is_called_by_the_end_of_its_path) {
  BOOST_TEST(file_name_of("https://e.org/a/b.tgz?x=/y#z") == "b.tgz");
  BOOST_TEST(file_name_of("https://e.org/a/") == "a");
  BOOST_TEST(file_name_of("https://e.org") == "__unnamed__");
  BOOST_TEST(file_name_of("https://e.org/?q=a") == "__unnamed__");
  BOOST_TEST(file_name_of("https://e.org/..") == "__unnamed__");
}

BOOST_AUTO_TEST_SUITE_END()
