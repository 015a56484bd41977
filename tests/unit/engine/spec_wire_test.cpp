#include "engine/native/spec_wire.hpp"

#include <boost/test/unit_test.hpp>

using namespace trainyard;
using namespace trainyard::engine;
using namespace trainyard::engine::native;

BOOST_AUTO_TEST_CASE(a_spec_with_everything_in_it_survives_the_way) {
  ContainerSpec spec;
  spec.layers = {"/a", "/b"};
  spec.upper = "/u";
  spec.work = "/w";
  spec.argv = {"x", "", "a b\n;$\"'"};
  spec.environment = {"K=V=W"};
  spec.working_directory = "/wd";
  spec.user = "u:g";
  spec.hostname = "h";
  spec.hosts = {{"mirror.example", "10.0.0.7"}};
  spec.profile = Profile::training;
  spec.network = Network::private_;
  Mount mount;
  mount.kind = Mount::Kind::tmpfs;
  mount.target = "/t";
  mount.access = Mount::Access::read_write;
  mount.size = 7;
  mount.owned_by_user = true;
  Mount private_mount;
  private_mount.kind = Mount::Kind::secret;
  private_mount.content = std::string("\0\xff\n\x7f", 4);
  private_mount.layers = {"/l"};
  private_mount.keys = {"/k"};
  private_mount.names = {"a/b.csv", "sub/"};
  private_mount.mode = 0440;
  private_mount.uid = 4;
  private_mount.gid = 5;
  spec.mounts = {mount, private_mount};
  spec.devices.environment = {"D=1"};
  spec.devices.libraries = {{"/host/libx.so.1.2", "libx.so.1"}};
  spec.privileged = true;
  spec.limits = {1.5, 10, 20, 30};
  spec.init = spec.terminal = spec.interactive = true;
  spec.timeout = std::chrono::milliseconds(5);
  spec.grace = std::chrono::milliseconds(6);
  spec.missing_report = "/w/missing";

  const ContainerSpec again = spec_from_json(spec_to_json(spec));
  BOOST_TEST((spec_to_json(again) == spec_to_json(spec)));
  BOOST_TEST((again.argv == spec.argv));
  BOOST_TEST((again.layers == spec.layers));
  BOOST_TEST((again.profile == Profile::training));
  BOOST_TEST((again.network == Network::private_));
  BOOST_TEST(*again.limits.cpus == 1.5);
  BOOST_TEST(again.limits.pids == 30U);
  BOOST_TEST((again.timeout == spec.timeout));
  BOOST_TEST(again.privileged);
  BOOST_TEST(again.devices.environment.at(0) == "D=1");
  BOOST_TEST(again.devices.libraries.at(0).name == "libx.so.1");
  BOOST_REQUIRE_EQUAL(again.mounts.size(), 2U);
  BOOST_TEST(again.mounts[0].owned_by_user);
  BOOST_TEST((again.mounts[1].content == private_mount.content));
  BOOST_TEST((again.mounts[1].layers == private_mount.layers));
  BOOST_TEST((again.mounts[1].keys == private_mount.keys));
  BOOST_TEST((again.mounts[1].names == private_mount.names));
  BOOST_TEST(again.mounts[1].mode == 0440U);
  BOOST_TEST((again.missing_report == spec.missing_report));
}

BOOST_AUTO_TEST_CASE(absent_members_stay_absent) {
  const ContainerSpec again = spec_from_json(spec_to_json({}));
  BOOST_TEST(!again.upper.has_value());
  BOOST_TEST(!again.timeout.has_value());
  BOOST_TEST(!again.missing_report.has_value());
  BOOST_TEST(!again.limits.memory.has_value());
}
