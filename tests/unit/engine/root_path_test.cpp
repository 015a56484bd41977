#include "engine/native/root_path.hpp"

#include <fcntl.h>

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"
#include "base/file.hpp"

using namespace trainyard;
using namespace trainyard::engine::native;

namespace {

struct Root {
  TemporaryDirectory folder;
  UniqueFd fd;
  Root() : fd(::open(folder.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
    make_directories(folder.path() / "usr/lib");
    write_file_atomic(folder.path() / "usr/lib/file", "inside");
    fs::create_symlink("usr/lib", folder.path() / "lib");
    fs::create_symlink("/usr/lib/file", folder.path() / "absolute");
    fs::create_symlink("../../../../../../usr/lib/file", folder.path() / "usr/above");
    fs::create_symlink("b", folder.path() / "a");
    fs::create_symlink("a", folder.path() / "b");
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(links_are_followed_as_if_the_root_were_the_root) {
  const Root root;
  BOOST_TEST(resolve_in_root(root.fd.get(), "/lib/file").path == "/usr/lib/file");
  BOOST_TEST(resolve_in_root(root.fd.get(), "/absolute").path == "/usr/lib/file");
  BOOST_TEST(resolve_in_root(root.fd.get(), "/usr/above").path == "/usr/lib/file");
  BOOST_TEST(resolve_in_root(root.fd.get(), "/../..").path == "/");
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_kept_below_what_is_resolved) {
  const Root root;
  const ResolvedPath path = resolve_in_root(root.fd.get(), "/lib/new/./deep/../file");
  BOOST_TEST(path.path == "/usr/lib/new/file");
  BOOST_TEST(!path.exists);
}

BOOST_AUTO_TEST_CASE(a_loop_of_links_and_a_file_as_folder_are_errors) {
  const Root root;
  BOOST_CHECK_THROW(resolve_in_root(root.fd.get(), "/a/x"), Error);
  BOOST_CHECK_THROW(resolve_in_root(root.fd.get(), "/usr/lib/file/x"), Error);
}

BOOST_AUTO_TEST_CASE(the_kernels_way_and_our_own_walk_open_the_same) {
  const Root root;
  for (const char* path : {"/lib/file", "/absolute", "/usr/above", "usr/../lib/./file"})
    for (const auto& open : {open_in_root, open_in_root_by_walk}) {
      const UniqueFd fd = open(root.fd.get(), path, O_RDONLY);
      BOOST_REQUIRE_MESSAGE(fd, path);
      BOOST_TEST(read_all(fd.get(), path) == "inside");
    }
  for (const char* path : {"/nosuch", "/a", "/usr/lib/file/x"})
    for (const auto& open : {open_in_root, open_in_root_by_walk})
      BOOST_TEST(!open(root.fd.get(), path, O_RDONLY));
}
