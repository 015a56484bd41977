#include "engine/native/user_lookup.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"
#include "base/file.hpp"

using namespace trainyard;
using namespace trainyard::engine::native;

namespace {

const std::string k_passwd =
    "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1001::/home/ann:/bin/sh\n2000:x:7:7::/:/bin/"
    "sh\nbroken\n";
const std::string k_group = "root:x:0:\nann:x:1001:\nvideo:x:44:bob,ann\nannex:x:45:joann\n";

ContainerUser look_up(const std::string& user) {
  return look_up_user(k_passwd, k_group, user);
}

}  // namespace

BOOST_AUTO_TEST_CASE(no_user_is_root) {
  BOOST_TEST(look_up("").uid == 0U);
  BOOST_TEST(look_up("").home == "/root");
}

BOOST_AUTO_TEST_CASE(a_name_brings_its_group_its_supplementary_groups_and_its_home) {
  const ContainerUser user = look_up("ann");
  BOOST_TEST(user.uid == 1000U);
  BOOST_TEST(user.gid == 1001U);
  BOOST_TEST((user.groups == std::vector<gid_t>{44}));
  BOOST_TEST(user.home == "/home/ann");
}

BOOST_AUTO_TEST_CASE(a_number_with_an_entry_is_as_good_as_the_name) {
  BOOST_TEST(look_up("1000").gid == 1001U);
}

BOOST_AUTO_TEST_CASE(a_number_needs_no_entry) {
  const ContainerUser user = look_up("4242:99");
  BOOST_TEST(user.uid == 4242U);
  BOOST_TEST(user.gid == 99U);
}

BOOST_AUTO_TEST_CASE(a_line_without_ids_makes_nobody_root) {
  for (const std::string id : {"", "-1", "4294967295", "4294967296", "zero", "0x10"})
    BOOST_CHECK_THROW(look_up_user("odd:x:" + id + ":0::/:/bin/sh\n", "", "odd"), Error);
}

BOOST_AUTO_TEST_CASE(a_name_made_of_digits_comes_before_the_number) {
  BOOST_TEST(look_up("2000").uid == 7U);
}

BOOST_AUTO_TEST_CASE(a_named_group_replaces_all_groups) {
  const ContainerUser user = look_up("ann:video");
  BOOST_TEST(user.gid == 44U);
  BOOST_TEST(user.groups.empty());
}

BOOST_AUTO_TEST_CASE(an_unknown_name_is_a_usage_error_that_suggests_the_nearest) {
  BOOST_CHECK_EXCEPTION(look_up("anm"), Error, [](const Error& error) {
    return error.code() == ExitCode::usage && error.hint().find("ann") != std::string::npos;
  });
  BOOST_CHECK_THROW(look_up("ann:nosuch"), Error);
}

BOOST_AUTO_TEST_CASE(a_passwd_that_is_a_link_out_of_the_root_or_a_fifo_is_not_read) {
  const TemporaryDirectory root;
  make_directories(root.path() / "etc");
  fs::create_symlink("../../../../../../../../etc/passwd", root.path() / "etc/passwd");
  BOOST_REQUIRE_EQUAL(::mkfifo((root.path() / "etc/group").c_str(), 0644), 0);
  const UniqueFd fd(::open(root.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  BOOST_CHECK_THROW(look_up_user(fd.get(), "root"), Error);
  BOOST_CHECK_THROW(look_up_user(fd.get(), "0"), Error);
  fs::remove(root.path() / "etc/group");
  BOOST_CHECK_THROW(look_up_user(fd.get(), "root"), Error);
  BOOST_TEST(look_up_user(fd.get(), "0").uid == 0U);
}
