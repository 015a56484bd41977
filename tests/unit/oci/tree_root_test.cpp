#include "oci/tree_root.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"
#include "base/file.hpp"

using namespace trainyard;
using namespace trainyard::oci;

BOOST_AUTO_TEST_SUITE(tree_root)

struct Fixture {
  TemporaryDirectory temporary;
  fs::path top = temporary.path() / "root";

  Fixture() {
    make_directories(top / "a/b/c");
    make_directories(temporary.path() / "outside");
    write_file_atomic(top / "file", "");
    link("..", "up");
    link("/a/b", "absolute");
    link("a/../../../../a/b/../b", "crooked");
    link("../outside", "out");
    link("loop", "loop");
    link("missing", "dangling");
    link("/absolute/../../a/b/c/..", "a/chain");
  }
  void link(const std::string& target, const std::string& name) {
    BOOST_REQUIRE_EQUAL(::symlink(target.c_str(), (top / name).c_str()), 0);
  }
  /// Where a path leads, or errno as a negative number's text.
  std::string where(const std::string& path, PathResolution resolution) {
    TreeRoot root(UniqueFd(::open(top.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), "root",
                  resolution);
    const UniqueFd fd = root.open_folder(split_entry_name(path));
    if (!fd) return std::to_string(-errno);
    return fs::read_symlink("/proc/self/fd/" + std::to_string(fd.get()))
        .lexically_relative(fs::canonical(top));
  }
};

BOOST_FIXTURE_TEST_CASE(kernel_and_walk_resolve_alike_and_inside, Fixture) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "."},
      {"a/b", "a/b"},
      {"up", "."},
      {"up/up/a", "a"},
      {"absolute/c", "a/b/c"},
      {"crooked/c", "a/b/c"},
      {"a/chain/c", "a/b/c"},
      {"out", std::to_string(-ENOENT)},
      {"loop/x", std::to_string(-ELOOP)},
      {"dangling", std::to_string(-ENOENT)},
      {"file", std::to_string(-ENOTDIR)},
      {"file/x", std::to_string(-ENOTDIR)},
      {"a/nothing", std::to_string(-ENOENT)},
  };
  for (const auto& [path, expected] : cases) BOOST_TEST_CONTEXT(path) {
      BOOST_TEST(where(path, PathResolution::kernel) == expected);
      BOOST_TEST(where(path, PathResolution::walk) == expected);
    }
}

BOOST_FIXTURE_TEST_CASE(a_path_longer_than_the_kernel_takes_is_walked, Fixture) {
  std::string path = "a";
  for (int i = 0; i < 2000; ++i) path += "/b/up-two";
  BOOST_REQUIRE_EQUAL(::symlink("../../a", (top / "a/b/up-two").c_str()), 0);
  // The kernel follows forty links, whatever their sum of letters is.
  BOOST_TEST(where(path, PathResolution::kernel) == std::to_string(-ELOOP));
  UniqueFd at(::open(top.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::string part(200, 'p');
  std::string deep;
  for (int i = 0; i < 30; ++i) {
    BOOST_REQUIRE_EQUAL(::mkdirat(at.get(), part.c_str(), 0755), 0);
    at = UniqueFd(::openat(at.get(), part.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    deep += part + "/";
  }
  TreeRoot root(UniqueFd(::open(top.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), "root",
                PathResolution::kernel);
  BOOST_TEST(static_cast<bool>(root.open_folder(split_entry_name(deep))));
  remove_in(root.fd(), part, "root");
  BOOST_TEST(!fs::exists(top / part));
}

BOOST_FIXTURE_TEST_CASE(removal_follows_no_links, Fixture) {
  write_file_atomic(temporary.path() / "outside/kept", "");
  make_directories(top / "gone/inner");
  link((temporary.path() / "outside").string(), "gone/inner/link");
  const UniqueFd at(::open(top.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  remove_in(at.get(), "gone", "root");
  remove_in(at.get(), "never-was", "root");
  remove_in(at.get(), "out", "root");
  BOOST_TEST(!fs::exists(top / "gone"));
  BOOST_TEST(fs::exists(temporary.path() / "outside/kept"));
}

BOOST_AUTO_TEST_CASE(names_are_split_and_cleaned) {
  BOOST_TEST((split_entry_name("/./a//b/.") == std::vector<std::string>{"a", "b"}));
  BOOST_TEST(split_entry_name("./").empty());
  BOOST_CHECK_THROW(split_entry_name("a/.."), Error);
  BOOST_CHECK_THROW(split_entry_name("a/b/c", 2), Error);
  BOOST_CHECK_THROW(split_entry_name(std::string(256, 'x')), Error);
  BOOST_TEST(split_entry_name("..a/...").size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
