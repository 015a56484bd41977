#include "store/remove_tree.hpp"

#include <fcntl.h>

#include "store_fixture.hpp"

using namespace trainyard;
using namespace trainyard::store;

BOOST_AUTO_TEST_SUITE(removing_trees)

BOOST_AUTO_TEST_CASE(folders_without_permissions_go) {
  TemporaryDirectory folder;
  const fs::path tree = folder.path() / "tree";
  write_file_atomic(tree / "work/work/inner/file", "x");
  ::chmod((tree / "work/work/inner").c_str(), 0000);
  ::chmod((tree / "work/work").c_str(), 0000);
  ::chmod(tree.c_str(), 0555);
  remove_tree(tree);
  BOOST_TEST(!fs::exists(tree));
}

BOOST_AUTO_TEST_CASE(symbolic_links_go_and_what_they_name_stays) {
  TemporaryDirectory folder;
  write_file_atomic(folder.path() / "kept/file", "x");
  const fs::path tree = folder.path() / "tree";
  make_directories(tree / "sub");
  fs::create_directory_symlink(folder.path() / "kept", tree / "sub/link");
  fs::create_directory_symlink("../../kept", tree / "top");
  fs::create_symlink("nowhere", tree / "sub/dangling");
  remove_tree(tree);
  BOOST_TEST(!fs::exists(fs::symlink_status(tree)));
  BOOST_TEST(read_file(folder.path() / "kept/file") == "x");

  fs::create_directory_symlink(folder.path() / "kept", tree);
  remove_tree(tree);
  BOOST_TEST(!fs::exists(fs::symlink_status(tree)));
  BOOST_TEST(fs::exists(folder.path() / "kept/file"));
}

BOOST_AUTO_TEST_CASE(a_tree_deeper_than_paths_and_descriptors_reach_goes) {
  TemporaryDirectory folder;
  const fs::path tree = folder.path() / "deep";
  make_directories(tree);
  // 1200 levels: more than a process has descriptors, and longer than any path may be.
  UniqueFd at(::open(tree.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (int level = 0; level < 1200; ++level) {
    BOOST_REQUIRE(::mkdirat(at.get(), "level", 0755) == 0);
    BOOST_REQUIRE(::symlinkat("target", at.get(), "l") == 0);
    at.reset(::openat(at.get(), "level", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    BOOST_REQUIRE(at.get() >= 0);
  }
  remove_tree(tree);
  BOOST_TEST(!fs::exists(tree));
}

BOOST_AUTO_TEST_CASE(files_and_special_files_go) {
  TemporaryDirectory folder;
  make_directories(folder.path() / "tree");
  BOOST_REQUIRE(::mkfifo((folder.path() / "tree/fifo").c_str(), 0600) == 0);
  remove_tree(folder.path() / "tree");
  write_file_atomic(folder.path() / "file", "x");
  remove_tree(folder.path() / "file");
  BOOST_TEST(fs::is_empty(folder.path()));
}

BOOST_AUTO_TEST_CASE(what_is_gone_is_no_error) {
  TemporaryDirectory folder;
  BOOST_CHECK_NO_THROW(remove_tree(folder.path() / "no/such/folder"));
}

BOOST_AUTO_TEST_SUITE_END()
