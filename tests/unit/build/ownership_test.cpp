#include "build/ownership.hpp"

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"

using namespace trainyard;
using namespace trainyard::build;

BOOST_AUTO_TEST_SUITE(ownership)

BOOST_AUTO_TEST_CASE(numbers_need_no_files) {
  const TemporaryDirectory empty;
  BOOST_TEST((parse_owner(empty.path(), "10") == Owner{10, 10}));
  BOOST_TEST((parse_owner(empty.path(), "10:20") == Owner{10, 20}));
  BOOST_TEST((parse_owner(empty.path(), "10:") == Owner{10, 0}));
}

BOOST_AUTO_TEST_CASE(names_are_looked_up_in_the_image) {
  const TemporaryDirectory view;
  write_file_atomic(view.path() / "etc/passwd", "root:x:0:0::/:\ndev:x:1000:1001::/:\nbad\n");
  write_file_atomic(view.path() / "etc/group", "lab:x:77:\n");
  BOOST_TEST((parse_owner(view.path(), "dev") == Owner{1000, 1001}));
  BOOST_TEST((parse_owner(view.path(), "dev:lab") == Owner{1000, 77}));
  BOOST_TEST((parse_owner(view.path(), "dev:") == Owner{1000, 0}));
  BOOST_CHECK_THROW(parse_owner(view.path(), "nobody"), Error);
  BOOST_CHECK_THROW(parse_owner(view.path(), "bad"), Error);
  BOOST_CHECK_THROW(parse_owner(view.path(), "dev:nogroup"), Error);
}

BOOST_AUTO_TEST_CASE(a_password_file_that_is_a_link_out_of_the_image_is_not_read) {
  const TemporaryDirectory folder;
  write_file_atomic(folder.path() / "passwd", "dev:x:1000:1001::/:\n");
  make_directories(folder.path() / "view/etc");
  fs::create_symlink("../../passwd", folder.path() / "view/etc/passwd");
  BOOST_CHECK_THROW(parse_owner(folder.path() / "view", "dev"), Error);
}

BOOST_AUTO_TEST_CASE(ids_beyond_int32_are_refused) {
  const TemporaryDirectory empty;
  BOOST_CHECK_THROW(parse_owner(empty.path(), "4294967296"), Error);
  BOOST_CHECK_THROW(parse_owner(empty.path(), "4000000000"), Error);
  BOOST_CHECK_THROW(parse_owner(empty.path(), ""), Error);
}

BOOST_AUTO_TEST_CASE(modes_are_octal_or_symbolic) {
  BOOST_TEST(parse_mode_change("755")(0600, false) == 0755u);
  BOOST_TEST(parse_mode_change("4755")(0600, false) == 04755u);
  BOOST_TEST(parse_mode_change("u+x")(0644, false) == 0744u);
  BOOST_TEST(parse_mode_change("go-rx,u=rw")(0755, false) == 0600u);
  BOOST_TEST(parse_mode_change("a+X")(0644, false) == 0644u);
  BOOST_TEST(parse_mode_change("a+X")(0644, true) == 0755u);
  for (const char* wrong : {"", "9", "77777", "u+q", "x", "u"})
    BOOST_CHECK_THROW(parse_mode_change(wrong), Error);
}

BOOST_AUTO_TEST_SUITE_END()
