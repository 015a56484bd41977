#include <boost/test/unit_test.hpp>

#include "tree_fixture.hpp"

using namespace trainyard;
using namespace trainyard::oci;
using namespace trainyard::oci::test;

BOOST_AUTO_TEST_SUITE(layer_whiteout, *boost::unit_test::precondition(is_root))

BOOST_AUTO_TEST_CASE(whiteouts_become_overlay_marks) {
  const Tree tree;
  unpack(TarText()
             .folder("d")
             .file("d/.wh.gone")
             .file("d/.wh..wh..opq")
             .file(".wh..hidden")
             .file(".wh..wh.plnk/1")
             .file(".wh..wh.aufs")
             .str(),
         tree);
  BOOST_TEST(tree.is_whiteout("d/gone"));
  BOOST_TEST(tree.is_opaque("d"));
  BOOST_TEST(tree.is_whiteout(".hidden"));
  BOOST_TEST(!tree.has(".wh..wh.plnk"));
  BOOST_TEST(!tree.has(".wh..wh.aufs"));
  const Tree root;
  unpack(TarText().file(".wh..wh..opq").str(), root);
  BOOST_TEST(root.is_opaque(""));
}

BOOST_AUTO_TEST_CASE(a_whiteout_never_removes_what_its_own_layer_brings) {
  const std::string orders[] = {TarText().file("f", "new").file(".wh.f").str(),
                                TarText().file(".wh.f").file("f", "new").str()};
  for (const std::string& tar : orders) {
    const Tree tree;
    unpack(tar, tree);
    BOOST_TEST(read_file(tree / "f") == "new");
  }
}

BOOST_AUTO_TEST_CASE(a_folder_beside_its_own_whiteout_hides_what_is_below) {
  const std::string orders[] = {TarText().folder("d").file("d/x").file(".wh.d").str(),
                                TarText().file(".wh.d").folder("d").file("d/x").str(),
                                TarText().file(".wh.d").file("d/x").str()};
  for (const std::string& tar : orders) {
    const Tree tree;
    unpack(tar, tree);
    BOOST_TEST(tree.has("d/x"));
    BOOST_TEST(tree.is_opaque("d"));
  }
  const Tree plain;
  unpack(TarText().folder("d").file("d/x").str(), plain);
  BOOST_TEST(!plain.is_opaque("d"));
}

BOOST_AUTO_TEST_CASE(a_whiteout_through_a_link_stays_inside) {
  const TemporaryDirectory outside;
  write_file_atomic(outside.path() / "f", "x");
  const Tree tree;
  BOOST_CHECK_THROW(unpack(TarText().link("l", outside.path()).file("l/.wh.f").str(), tree), Error);
  BOOST_TEST(fs::exists(outside.path() / "f"));
}

BOOST_AUTO_TEST_CASE(whiteouts_of_nothing_and_folders_named_like_one_are_refused) {
  for (const std::string name : {".wh.", "d/.wh.", ".wh..", ".wh...", ".wh.d/file"}) {
    const Tree tree;
    BOOST_TEST_CONTEXT(name) BOOST_CHECK_THROW(unpack(TarText().file(name).str(), tree), Error);
  }
}

BOOST_AUTO_TEST_SUITE_END()
