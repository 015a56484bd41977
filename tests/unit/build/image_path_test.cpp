#include "build/image_path.hpp"

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"

using namespace trainyard;
using namespace trainyard::build;

BOOST_AUTO_TEST_SUITE(image_path)

BOOST_AUTO_TEST_CASE(parents_are_clamped_at_the_root) {
  BOOST_TEST(clean_path("../../a/./b//../c/") == "a/c");
  BOOST_TEST(clean_path("/") == "");
  BOOST_TEST(join_image_path("/work", "x/../y") == "/work/y");
  BOOST_TEST(join_image_path("/work", "/abs/") == "/abs");
  BOOST_TEST(join_image_path("/", "..") == "/");
}

BOOST_AUTO_TEST_CASE(links_lead_nowhere_outside_the_root) {
  const TemporaryDirectory folder;
  const fs::path root = folder.path() / "root";
  make_directories(root / "real/deep");
  write_file_atomic(folder.path() / "outside", "x");
  write_file_atomic(root / "outside", "y");
  fs::create_symlink("/real/deep", root / "absolute");
  fs::create_symlink("../../../outside", root / "real/escape");
  fs::create_symlink("gone/far", root / "dangling");
  const LookAt look = look_below(root);
  BOOST_TEST(resolve_path(look, "absolute/../x").full() == "real/x");
  BOOST_TEST(resolve_path(look, "real/escape").path == "outside");
  const Resolved dangling = resolve_path(look, "/dangling/more");
  BOOST_TEST(dangling.full() == "gone/far/more");
  BOOST_TEST(dangling.missing == "gone/far/more");
  BOOST_TEST(dangling.followed.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_loop_of_links_ends_in_an_error) {
  const TemporaryDirectory root;
  fs::create_symlink("b", root.path() / "a");
  fs::create_symlink("a", root.path() / "b");
  BOOST_CHECK_THROW(resolve_path(look_below(root.path()), "a/x"), Error);
}

BOOST_AUTO_TEST_CASE(nothing_is_found_below_a_file) {
  const TemporaryDirectory root;
  write_file_atomic(root.path() / "file", "x");
  const Resolved found = resolve_path(look_below(root.path()), "file/inner");
  BOOST_TEST(found.path == "file");
  BOOST_TEST(found.missing == "inner");
}

BOOST_AUTO_TEST_SUITE_END()
