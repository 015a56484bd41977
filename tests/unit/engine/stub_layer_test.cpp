#include "engine/native/stub_layer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"

using namespace trainyard;
using namespace trainyard::engine::native;

namespace {

struct Fixture {
  TemporaryDirectory image, layer;
  UniqueFd root;
  Fixture()
      : root((make_directories(image.path() / "etc"),
              ::open(image.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC))) {
    fs::create_symlink("/etc", image.path() / "dev");
    ::chmod((image.path() / "etc").c_str(), 0711);
    const timespec times[2] = {{1000, 5}, {2000, 7}};
    ::utimensat(AT_FDCWD, (image.path() / "etc").c_str(), times, 0);
  }
  StubTarget target(const std::string& path, StubTarget::Kind kind) {
    return {resolve_in_root(root.get(), path), kind};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(system_folders_are_real_and_opaque_whatever_the_image_has, Fixture) {
  make_stub_layer(layer.path(), root.get(), {});
  for (const char* name : {"dev", "proc", "sys"}) {
    const fs::path path = layer.path() / name;
    BOOST_TEST(fs::is_directory(fs::symlink_status(path)));
    char value[4] = {};
    BOOST_TEST(::getxattr(path.c_str(), "user.overlay.opaque", value, sizeof value) == 1);
    BOOST_TEST(value[0] == 'y');
  }
}

BOOST_FIXTURE_TEST_CASE(folders_on_the_way_to_a_target_look_as_in_the_image, Fixture) {
  make_stub_layer(layer.path(), root.get(), {target("/etc/hosts", StubTarget::Kind::file)});
  struct stat info {};
  BOOST_REQUIRE_EQUAL(::stat((layer.path() / "etc").c_str(), &info), 0);
  BOOST_TEST((info.st_mode & 07777) == 0711U);
  BOOST_TEST(info.st_mtim.tv_sec == 2000);
  BOOST_TEST(info.st_mtim.tv_nsec == 7);
  BOOST_TEST(fs::is_regular_file(layer.path() / "etc/hosts"));
}

BOOST_FIXTURE_TEST_CASE(a_target_that_the_image_has_gets_no_stub, Fixture) {
  make_stub_layer(layer.path(), root.get(), {target("/etc", StubTarget::Kind::folder)});
  BOOST_TEST(!fs::exists(layer.path() / "etc"));
}

BOOST_FIXTURE_TEST_CASE(a_target_of_the_wrong_kind_is_a_usage_error, Fixture) {
  BOOST_CHECK_EXCEPTION(
      make_stub_layer(layer.path(), root.get(), {target("/etc", StubTarget::Kind::file)}), Error,
      [](const Error& error) { return error.code() == ExitCode::usage; });
}
