#include "training/scratch_walk.hpp"

#include <fcntl.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>

using namespace trainyard;
using namespace trainyard::training;

namespace {

struct TreeFixture {
  TreeFixture() {
    write_file_atomic(folder.path() / "secret", "host");
    write_file_atomic(folder.path() / "root/sub/file", "inside");
    fs::create_symlink("sub/file", folder.path() / "root/inner");
    fs::create_symlink("../secret", folder.path() / "root/outer");
    fs::create_symlink(folder.path() / "secret", folder.path() / "root/absolute");
    fs::create_symlink("..", folder.path() / "root/up");
    root.reset(::open((folder.path() / "root").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  TemporaryDirectory folder;
  UniqueFd root;
};

using Open = UniqueFd (*)(int, const std::string&, int);

}  // namespace

BOOST_FIXTURE_TEST_SUITE(scratch_walk, TreeFixture)

BOOST_AUTO_TEST_CASE(no_way_leads_out) {
  for (const Open open : {Open(open_beneath), Open(open_beneath_by_walking)}) {
    BOOST_TEST(bool(open(root.get(), "sub/file", O_RDONLY)));
    for (const char* way : {"outer", "absolute", "up/secret", "../secret", "sub/../../secret"})
      BOOST_TEST(!open(root.get(), way, O_RDONLY), way);
    BOOST_TEST(!open(root.get(), "none", O_RDONLY));
    BOOST_TEST(errno == ENOENT);
  }
}

BOOST_AUTO_TEST_CASE(names_come_sorted_and_again) {
  const std::vector<std::string> expected{"absolute", "inner", "outer", "sub", "up"};
  BOOST_TEST(names_in(root.get(), "root") == expected, boost::test_tools::per_element());
  BOOST_TEST(names_in(root.get(), "root") == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
