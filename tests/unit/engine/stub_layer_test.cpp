#include "engine/native/stub_layer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"

using namespace trainyard;
using namespace trainyard::engine::native;

namespace {

struct Fixture {
  TemporaryDirectory image, parent;
  const fs::path layer = parent.path() / "stub";
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
  StubLayer(root.get(), {}).make(layer);
  for (const char* name : {"dev", "proc", "sys"}) {
    const fs::path path = layer / name;
    BOOST_TEST(fs::is_directory(fs::symlink_status(path)));
    char value[4] = {};
    BOOST_TEST(::getxattr(path.c_str(), "user.overlay.opaque", value, sizeof value) == 1);
    BOOST_TEST(value[0] == 'y');
  }
}

BOOST_FIXTURE_TEST_CASE(folders_on_the_way_to_a_target_look_as_in_the_image, Fixture) {
  StubLayer(root.get(), {target("/etc/hosts", StubTarget::Kind::file)}).make(layer);
  struct stat info {};
  BOOST_REQUIRE_EQUAL(::stat((layer / "etc").c_str(), &info), 0);
  BOOST_TEST((info.st_mode & 07777) == 0711U);
  BOOST_TEST(info.st_mtim.tv_sec == 2000);
  BOOST_TEST(info.st_mtim.tv_nsec == 7);
  BOOST_TEST(fs::is_regular_file(layer / "etc/hosts"));
}

BOOST_FIXTURE_TEST_CASE(a_target_that_the_image_has_gets_no_stub, Fixture) {
  StubLayer(root.get(), {target("/etc", StubTarget::Kind::folder)}).make(layer);
  BOOST_TEST(!fs::exists(layer / "etc"));
}

BOOST_FIXTURE_TEST_CASE(a_target_of_the_wrong_kind_is_a_usage_error, Fixture) {
  BOOST_CHECK_EXCEPTION(StubLayer(root.get(), {target("/etc", StubTarget::Kind::file)}), Error,
                        [](const Error& error) { return error.code() == ExitCode::usage; });
}

BOOST_FIXTURE_TEST_CASE(an_image_that_has_everything_needs_no_layer, Fixture) {
  fs::remove(image.path() / "dev");
  for (const char* name : {"dev", "proc", "sys"}) make_directories(image.path() / name);
  BOOST_TEST(StubLayer(root.get(), {target("/etc", StubTarget::Kind::folder)}).empty());
}

BOOST_FIXTURE_TEST_CASE(only_what_is_no_folder_is_replaced, Fixture) {
  make_directories(image.path() / "proc");
  const StubLayer stub(root.get(), {});
  BOOST_TEST(!stub.empty());
  stub.make(layer);
  BOOST_TEST(!fs::exists(layer / "proc"));
  BOOST_TEST(fs::is_directory(layer / "dev"));
}

BOOST_FIXTURE_TEST_CASE(a_shared_name_says_all_that_can_be_seen_of_the_layer, Fixture) {
  const auto name = [this](const std::string& path) {
    return StubLayer(root.get(), {target(path, StubTarget::Kind::file)}).shared_name();
  };
  const std::string first = name("/etc/hosts");
  BOOST_TEST(first.starts_with("stub-"));
  // Who makes the image has a hand in what goes into it: a digest that nobody can hit on purpose.
  BOOST_TEST(first.size() == std::string("stub-").size() + 64);
  BOOST_TEST(name("/etc/hosts") == first);
  BOOST_TEST(name("/etc/hostname") != first);
  BOOST_TEST(
      StubLayer(root.get(), {target("/etc/hosts", StubTarget::Kind::folder)}).shared_name() !=
      first);
  ::chmod((image.path() / "etc").c_str(), 0755);
  const std::string other_mode = name("/etc/hosts");
  BOOST_TEST(other_mode != first);
  const timespec times[2] = {{1000, 5}, {2000, 8}};
  ::utimensat(AT_FDCWD, (image.path() / "etc").c_str(), times, 0);
  const std::string other_time = name("/etc/hosts");
  BOOST_TEST(other_time != other_mode);
  ::setxattr((image.path() / "etc").c_str(), "user.note", "x", 1, 0);
  BOOST_TEST(name("/etc/hosts") != other_time);
  make_directories(image.path() / "sys");
  BOOST_TEST(name("/etc/hosts") != other_time);
}

BOOST_FIXTURE_TEST_CASE(a_layer_with_other_owners_is_not_shared, Fixture) {
  if (::geteuid() != 0 || ::chown((image.path() / "etc").c_str(), 1, 0) != 0) return;
  BOOST_TEST(
      StubLayer(root.get(), {target("/etc/hosts", StubTarget::Kind::file)}).shared_name().empty());
}
