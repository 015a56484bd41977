#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "base/process.hpp"
#include "tree_fixture.hpp"

using namespace trainyard;
using namespace trainyard::oci;
using namespace trainyard::oci::test;

BOOST_AUTO_TEST_SUITE(layer_round_trip, *boost::unit_test::precondition(is_root))

/// A tree with one of everything that a layer can hold.
void fill(const Tree& tree) {
  const std::string long_folder = std::string(200, 'd') + "/" + std::string(200, 'e');
  make_directories(tree / long_folder);
  tree.write(long_folder + "/" + std::string(255, 'n'), "long");
  tree.write("plain", "content");
  tree.write("empty", "");
  tree.write(
      "d\xc3\xa9"
      "compose\xcc\x81 \xff\x01\n",
      "bytes, normalised nowhere");
  make_directories(tree / ("\xcc\x81" + std::string(150, 'x')));
  tree.write("\xcc\x81" + std::string(150, 'x') + "/e\xcc\x81\xff", "in a record");
  BOOST_REQUIRE_EQUAL(
      ::link((tree / ("\xcc\x81" + std::string(150, 'x') + "/e\xcc\x81\xff")).c_str(),
             (tree / "\xff-link").c_str()),
      0);
  tree.write("setuid", "s");
  BOOST_REQUIRE_EQUAL(::chown((tree / "setuid").c_str(), 3000000, 65534), 0);
  BOOST_REQUIRE_EQUAL(::chmod((tree / "setuid").c_str(), 06755), 0);
  tree.set_xattr("setuid", "user.note", std::string("a\0b\n", 4));
  tree.set_xattr(
      "setuid", "security.capability",
      std::string(
          "\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 20));
  BOOST_REQUIRE_EQUAL(::link((tree / "setuid").c_str(), (tree / "zz-link").c_str()), 0);
  BOOST_REQUIRE_EQUAL(::symlink("../../etc/passwd", (tree / "symlink").c_str()), 0);
  BOOST_REQUIRE_EQUAL(
      ::symlink((std::string(150, 't') + "\xc3\xa9").c_str(), (tree / "long-symlink").c_str()), 0);
  BOOST_REQUIRE_EQUAL(::lchown((tree / "symlink").c_str(), 5, 6), 0);
  BOOST_REQUIRE_EQUAL(::mkfifo((tree / "fifo").c_str(), 0622), 0);
  BOOST_REQUIRE_EQUAL(::mknod((tree / "gone").c_str(), S_IFCHR, makedev(0, 0)), 0);
  make_directories(tree / "opaque/inner");
  BOOST_REQUIRE_EQUAL(::mknod((tree / "opaque/inner/gone").c_str(), S_IFCHR, makedev(0, 0)), 0);
  tree.set_xattr("opaque", "user.overlay.opaque", "y");
  tree.set_xattr("opaque", "user.of-folder", "1");
  BOOST_REQUIRE_EQUAL(::chmod((tree / "opaque").c_str(), 0), 0);
  BOOST_REQUIRE_EQUAL(::chmod(tree.path().c_str(), 0711), 0);
  tree.set_time("plain", 1700000000, 123456789);
  tree.set_time("empty", -5);
  tree.set_time("setuid", int64_t{1} << 33);
  tree.set_time("symlink", 1500000000, 7);
  tree.set_time("fifo", 1500000001);
  tree.set_time("opaque/inner", 1500000002, 100);
  tree.set_time("opaque", 1500000003, 200);
  tree.set_time("", 1500000004);
}

BOOST_AUTO_TEST_CASE(a_tar_of_ours_unpacks_into_a_tree_with_the_same_tar) {
  const Tree tree;
  fill(tree);
  LayerTar written;
  const std::string tar = tar_of(tree, &written);
  for (const PathResolution resolution : {PathResolution::kernel, PathResolution::walk}) {
    const Tree again;
    const UnpackedLayer unpacked = unpack(tar, again, {}, resolution);
    BOOST_TEST((unpacked.diff_id == written.diff_id));
    BOOST_TEST(unpacked.size == tar.size());
    LayerTar second;
    BOOST_TEST((tar_of(again, &second) == tar));
    BOOST_TEST((second.diff_id == written.diff_id));
  }
}

BOOST_AUTO_TEST_CASE(a_time_beyond_the_file_system_does_not_stop_the_unpacking) {
  const Tree tree;
  TarText tar;
  tar.add({.name = "f", .seconds = int64_t{1} << 40});
  unpack(tar.str(), tree);
  BOOST_TEST(tree.has("f"));
}

BOOST_AUTO_TEST_CASE(compressed_layers_have_the_digest_of_the_plain_tar) {
  const Tree tree;
  tree.write("file", std::string(300'000, 'x') + "end");
  const TemporaryDirectory folder;
  LayerTar written;
  write_file_atomic(folder.path() / "tar", tar_of(tree, &written));
  for (const std::string program : {"gzip", "bzip2", "xz", "zstd"}) {
    if (find_program(program).empty()) continue;
    const Captured packed = capture({program, "-c", (folder.path() / "tar").string()});
    BOOST_REQUIRE_EQUAL(packed.status.code, 0);
    const Tree again;
    BOOST_TEST_CONTEXT(program) {
      const UnpackedLayer unpacked = unpack(packed.out, again);
      BOOST_TEST((unpacked.diff_id == written.diff_id));
      BOOST_TEST(unpacked.size == written.size);
      BOOST_TEST(read_file(again / "file").size() == 300'003);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_digest_covers_what_follows_the_end_mark) {
  TarText text;
  text.file("f", "x");
  const std::string tar = text.str() + std::string(9000, '\0') + "trailer";
  const Tree tree;
  const UnpackedLayer unpacked = unpack(tar, tree);
  BOOST_TEST((unpacked.diff_id == Digest::of(tar)));
  BOOST_TEST(unpacked.size == tar.size());
}

BOOST_AUTO_TEST_CASE(a_tar_of_gnu_tar_is_read_with_long_names_and_sparse_files) {
  const Tree tree;
  const std::string name = std::string(180, 'a') + "/" + std::string(180, 'b');
  make_directories(tree / std::string(180, 'a'));
  tree.write(name, "x");
  tree.write("sparse", "begin");
  BOOST_REQUIRE_EQUAL(::truncate((tree / "sparse").c_str(), 1 << 20), 0);
  for (const std::string format : {"gnu", "posix"}) {
    const Captured packed = capture(
        {"tar", "-C", tree.path().string(), "--format=" + format, "--sparse", "-cf", "-", "."});
    BOOST_REQUIRE_EQUAL(packed.status.code, 0);
    const Tree again;
    unpack(packed.out, again);
    BOOST_TEST_CONTEXT(format) {
      BOOST_TEST(read_file(again / name) == "x");
      BOOST_TEST((read_file(again / "sparse") == read_file(tree / "sparse")));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
