#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <sstream>
#include <thread>

#include "base/process.hpp"
#include "base/sha256.hpp"
#include "tree_fixture.hpp"

using namespace trainyard;
using namespace trainyard::oci;
using namespace trainyard::oci::test;

BOOST_AUTO_TEST_SUITE(layer_write, *boost::unit_test::precondition(is_root))

/// Names in the order of the tar, as GNU tar reads them.
std::vector<std::string> listed(const std::string& tar,
                                const std::vector<std::string>& options = {}) {
  const TemporaryDirectory folder;
  const std::string file = folder.path() / "tar";
  write_file_atomic(file, tar);
  std::vector<std::string> argv = {"tar", "--quoting-style=literal", "--numeric-owner"};
  argv.insert(argv.end(), options.begin(), options.end());
  argv.insert(argv.end(), {"-tf", file});
  const Captured result = capture(argv);
  BOOST_TEST(result.status.code == 0);
  BOOST_TEST(result.err == "");
  std::vector<std::string> lines;
  std::istringstream stream(result.out);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

BOOST_AUTO_TEST_CASE(an_empty_tree_is_the_end_mark_alone) {
  const Tree tree;
  LayerTar written;
  BOOST_TEST((tar_of(tree, &written) == std::string(1024, '\0')));
  BOOST_TEST(written.entries == 0);
  BOOST_TEST(written.diff_id.hex() ==
             "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef");
}

BOOST_AUTO_TEST_CASE(entries_are_sorted_per_component) {
  const Tree tree;
  make_directories(tree / "a/b");
  make_directories(tree / "B");
  tree.write("a/b/c", "");
  tree.write("a-b", "");
  tree.write("a/Z", "");
  tree.write("\xc3\xa9", "");
  const std::vector<std::string> expected = {"B/", "a/", "a/Z", "a/b/", "a/b/c", "a-b", "\xc3\xa9"};
  const std::vector<std::string> sorted = listed(tar_of(tree));
  // Sorted as names, not as whole paths: "a" and what is in it comes before "a-b".
  BOOST_TEST(sorted == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(digest_size_and_count_are_those_of_the_bytes) {
  const Tree tree;
  tree.write("f", std::string(3'000'000, 'x'));
  LayerTar written;
  const std::string bytes = tar_of(tree, &written);
  BOOST_TEST(written.size == bytes.size());
  BOOST_TEST(written.entries == 1);
  BOOST_TEST(written.diff_id.hex() == sha256_hex(bytes));
  BOOST_TEST((write_layer_tar(tree.path(), -1).diff_id == written.diff_id));
}

BOOST_AUTO_TEST_CASE(gnu_tar_reads_types_owners_modes_times_and_long_names) {
  const Tree tree;
  const std::string folder = std::string(120, 'd'), name = std::string(250, 'n');
  make_directories(tree / folder);
  tree.write(folder + "/" + name, "12345");
  BOOST_REQUIRE_EQUAL(::chown((tree / (folder + "/" + name)).c_str(), 3000000, 12), 0);
  BOOST_REQUIRE_EQUAL(::chmod((tree / (folder + "/" + name)).c_str(), 04751), 0);
  tree.set_time(folder + "/" + name, 1700000000, 5);
  tree.set_time(folder, 1600000000);
  const std::vector<std::string> lines = listed(tar_of(tree), {"-v", "--full-time", "--utc"});
  BOOST_REQUIRE_EQUAL(lines.size(), 2U);
  BOOST_TEST(lines[0].starts_with("drwxr-xr-x 0/0 "));
  BOOST_TEST(lines[0].find(" 2020-09-13 12:26:40 ") != std::string::npos);
  BOOST_TEST(lines[0].ends_with(" " + folder + "/"));
  BOOST_TEST(lines[1] ==
             "-rwsr-x--x 3000000/12        5 2023-11-14 22:13:20.000000005 " + folder + "/" + name);
}

BOOST_AUTO_TEST_CASE(two_runs_give_equal_bytes_whatever_the_order_of_creation) {
  const Tree first, second;
  for (int i = 0; i < 50; ++i) {
    first.write("f" + std::to_string(i), "x");
    second.write("f" + std::to_string(49 - i), "x");
  }
  for (int i = 0; i < 50; ++i) {
    first.set_time("f" + std::to_string(i), i);
    second.set_time("f" + std::to_string(i), i);
  }
  BOOST_TEST(
      (write_layer_tar(first.path(), -1).diff_id == write_layer_tar(second.path(), -1).diff_id));
}

BOOST_AUTO_TEST_CASE(whiteouts_and_opaque_folders_become_marker_files) {
  const Tree tree;
  make_directories(tree / "d");
  tree.write("d/new", "");
  BOOST_REQUIRE_EQUAL(::mknod((tree / "d/.a").c_str(), S_IFCHR, makedev(0, 0)), 0);
  BOOST_REQUIRE_EQUAL(::link((tree / "d/.a").c_str(), (tree / "gone").c_str()), 0);
  tree.set_xattr("d", "user.overlay.opaque", "y");
  tree.set_xattr("d", "user.overlay.origin", "abc");
  tree.set_xattr("d", "user.overlay.overlay.opaque", "x");
  const std::string bytes = tar_of(tree);
  const std::vector<std::string> expected = {"d/", "d/.wh..wh..opq", "d/.wh..a", "d/new",
                                             ".wh.gone"};
  BOOST_TEST(listed(bytes) == expected, boost::test_tools::per_element());
  const std::string marker = listed(bytes, {"-v", "--full-time", "--utc"})[1];
  BOOST_TEST(marker.starts_with("-rw-r--r-- 0/0 "));
  BOOST_TEST(marker.find(" 1980-01-01 00:00:00 ") != std::string::npos);
  BOOST_TEST(bytes.find("SCHILY.xattr.user.overlay.opaque=x\n") != std::string::npos);
  BOOST_TEST(bytes.find("origin") == std::string::npos);
  BOOST_TEST(bytes.find("overlay.opaque=y") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_first_of_hard_links_by_order_is_the_file) {
  const Tree tree;
  tree.write("z", "same");
  make_directories(tree / "a");
  BOOST_REQUIRE_EQUAL(::link((tree / "z").c_str(), (tree / "a/y").c_str()), 0);
  BOOST_REQUIRE_EQUAL(::link((tree / "z").c_str(), (tree / "m").c_str()), 0);
  const std::vector<std::string> lines = listed(tar_of(tree), {"-v", "--full-time", "--utc"});
  BOOST_REQUIRE_EQUAL(lines.size(), 4U);
  BOOST_TEST(lines[1].ends_with(" a/y"));
  BOOST_TEST(lines[2].ends_with(" m link to a/y"));
  BOOST_TEST(lines[3].ends_with(" z link to a/y"));
}

BOOST_AUTO_TEST_CASE(sockets_are_left_out_and_fifos_and_devices_are_not) {
  const Tree tree;
  BOOST_REQUIRE_EQUAL(::mkfifo((tree / "fifo").c_str(), 0600), 0);
  BOOST_REQUIRE_EQUAL(::mknod((tree / "null").c_str(), S_IFCHR | 0666, makedev(1, 3)), 0);
  BOOST_REQUIRE_EQUAL(::mknod((tree / "sock").c_str(), S_IFSOCK | 0600, 0), 0);
  const std::vector<std::string> lines = listed(tar_of(tree), {"-v", "--full-time", "--utc"});
  BOOST_REQUIRE_EQUAL(lines.size(), 2U);
  BOOST_TEST(lines[0].starts_with("p"));
  BOOST_TEST(lines[1].starts_with("c"));
  BOOST_TEST(lines[1].find(" 1,3 ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_root_is_an_entry_only_when_it_is_not_plain) {
  const Tree tree;
  BOOST_REQUIRE_EQUAL(::chmod(tree.path().c_str(), 0755), 0);
  tree.set_xattr("", "user.overlay.opaque", "y");
  BOOST_TEST(listed(tar_of(tree)) == std::vector<std::string>{".wh..wh..opq"},
             boost::test_tools::per_element());
  BOOST_REQUIRE_EQUAL(::chmod(tree.path().c_str(), 01777), 0);
  const std::vector<std::string> expected = {"./", ".wh..wh..opq"};
  BOOST_TEST(listed(tar_of(tree)) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_file_that_looks_like_a_whiteout_is_an_error_with_its_name) {
  const Tree tree;
  tree.write(".wh.x", "");
  BOOST_TEST(fails_with([&] { tar_of(tree); }, {"/.wh.x", "means a removal"}));
}

BOOST_AUTO_TEST_CASE(a_file_that_shrinks_or_grows_while_it_is_read_is_an_error_with_its_name) {
  for (const off_t changed : {off_t{10}, off_t{9 << 20}}) {
    const Tree tree;
    tree.write("big", std::string(8 << 20, 'x'));
    int ends[2];
    BOOST_REQUIRE_EQUAL(::pipe2(ends, O_CLOEXEC), 0);
    // The pipe holds less than the file: when its first bytes arrive, the writer cannot have ended.
    std::thread reader([&, in = UniqueFd(ends[0])] {
      char buffer[4096];
      bool first = true;
      while (::read(in.get(), buffer, sizeof buffer) > 0)
        if (std::exchange(first, false) && ::truncate((tree / "big").c_str(), changed) != 0) return;
    });
    UniqueFd out(ends[1]);
    BOOST_TEST(
        fails_with([&] { write_layer_tar(tree.path(), out.get()); }, {"/big", "changed its size"}));
    out.reset();
    reader.join();
  }
}

/// Lowers the limit of open files for a test.
struct FewFiles {
  rlimit before{};
  explicit FewFiles(rlim_t files) {
    ::getrlimit(RLIMIT_NOFILE, &before);
    const rlimit few{files, before.rlim_max};
    BOOST_REQUIRE_EQUAL(::setrlimit(RLIMIT_NOFILE, &few), 0);
  }
  ~FewFiles() { ::setrlimit(RLIMIT_NOFILE, &before); }
};

BOOST_AUTO_TEST_CASE(a_tree_deeper_than_the_limit_of_open_files_is_written_and_removed) {
  const Tree tree;
  constexpr int depth = 400;
  const FewFiles limit(200);
  UniqueFd at(::open(tree.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (int i = 0; i < depth; ++i) {
    BOOST_REQUIRE_EQUAL(::mkdirat(at.get(), "d", 0755), 0);
    at = UniqueFd(::openat(at.get(), "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    UniqueFd(::openat(at.get(), "f", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  }
  BOOST_TEST(write_layer_tar(tree.path(), -1).entries == 2 * depth);
  const UniqueFd top(::open(tree.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  remove_in(top.get(), "d", "tree");
  BOOST_TEST(!tree.has("d"));
}

BOOST_AUTO_TEST_CASE(files_without_any_permission_are_read) {
  const Tree tree;
  make_directories(tree / "d");
  tree.write("d/f", "x");
  ::chmod((tree / "d/f").c_str(), 0);
  ::chmod((tree / "d").c_str(), 0);
  BOOST_TEST(write_layer_tar(tree.path(), -1).entries == 2);
}

BOOST_AUTO_TEST_SUITE_END()
