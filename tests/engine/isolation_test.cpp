#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"
#include "container_fixture.hpp"

namespace trainyard::engine {

BOOST_AUTO_TEST_SUITE(isolation)

BOOST_FIXTURE_TEST_CASE(training_has_no_capabilities_and_cannot_gain_any, ContainerFixture) {
  ContainerSpec spec = shell("grep -E 'CapBnd|CapEff|NoNewPrivs|Seccomp:' /proc/self/status");
  spec.profile = Profile::training;
  BOOST_TEST(run(spec).out ==
             "CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n");
}

BOOST_FIXTURE_TEST_CASE(mounts_and_user_namespaces_are_refused, ContainerFixture) {
  BOOST_TEST(run(shell("mount -t tmpfs x /tmp 2>/dev/null || echo refused")).out == "refused\n");
  BOOST_TEST(run(shell("unshare -U true 2>/dev/null || echo refused")).out == "refused\n");
  BOOST_TEST(run(shell("umount /proc/sys 2>/dev/null || echo refused")).out == "refused\n");
}

BOOST_FIXTURE_TEST_CASE(without_network_there_is_loopback_and_nothing_else, ContainerFixture) {
  BOOST_TEST(run(shell("ls /proc/sys/net/ipv4/conf; ip addr show lo | grep -c 127.0.0.1")).out ==
             "all\ndefault\nlo\n1\n");
}

BOOST_FIXTURE_TEST_CASE(no_descriptor_of_the_tool_is_open_inside, ContainerFixture) {
  // ls itself opens the folder as 3.
  BOOST_TEST(run(shell("ls /proc/self/fd")).out == "0\n1\n2\n3\n");
}

BOOST_FIXTURE_TEST_CASE(mount_targets_and_working_directories_of_the_kernel_are_refused,
                        ContainerFixture) {
  for (const char* target : {"/proc/x", "/sys", "/dev/shm/y", "/tmp/../proc", "relative"}) {
    Mount mount;
    mount.source = folder.path();
    mount.target = target;
    ContainerSpec spec = shell("true");
    spec.mounts = {mount};
    BOOST_CHECK_EXCEPTION(run(spec), Error,
                          [](const Error& error) { return error.code() == ExitCode::usage; });
  }
  ContainerSpec spec = shell("true");
  spec.working_directory = "/proc/self/fd/7";
  BOOST_CHECK_THROW(run(spec), Error);
}

BOOST_FIXTURE_TEST_CASE(links_in_the_image_make_nothing_be_written_outside, ContainerFixture) {
  const fs::path outside = folder.path() / "outside";
  const fs::path evil = folder.path() / "evil";
  make_directories(outside);
  make_directories(evil);
  for (const char* name : {"dev", "proc", "sys"}) fs::create_symlink(outside, evil / name);
  ContainerSpec spec = shell("ls -d /dev/null /proc/self/status");
  spec.layers.push_back(evil);
  const Outcome outcome = run(spec);
  BOOST_TEST(outcome.out == "/dev/null\n/proc/self/status\n");
  BOOST_TEST(fs::is_empty(outside));
}

BOOST_FIXTURE_TEST_CASE(a_linked_etc_is_followed_inside_the_image_only, ContainerFixture) {
  const fs::path evil = folder.path() / "evil";
  make_directories(evil / "bin");
  make_directories(evil / "inside");
  fs::copy_file(layer / "bin/busybox", evil / "bin/busybox");
  fs::create_symlink("busybox", evil / "bin/sh");
  fs::create_symlink("../../../../inside", evil / "etc");
  ContainerSpec spec = shell("echo more >> /etc/hosts; exec busybox ls /inside");
  spec.layers = {evil};
  spec.upper = fresh_upper();
  BOOST_TEST(run(spec).out == "hostname\nhosts\nresolv.conf\n");
  BOOST_TEST(fs::is_empty(evil / "inside"));
  BOOST_TEST(entries(*spec.upper).empty());
}

BOOST_FIXTURE_TEST_CASE(the_hostname_is_the_containers_own, ContainerFixture) {
  ContainerSpec spec = shell("hostname; cat /etc/hostname");
  spec.hostname = "yard";
  BOOST_TEST(run(spec).out == "yard\nyard\n");
}

BOOST_FIXTURE_TEST_CASE(what_a_container_makes_in_a_mount_belongs_to_the_caller_or_its_sub_ids,
                        ContainerFixture) {
  make_directories(folder.path() / "out");
  Mount mount;
  mount.source = folder.path() / "out";
  mount.target = "/out";
  mount.access = Mount::Access::read_write;
  ContainerSpec spec = shell("touch /out/file");
  spec.mounts = {mount};
  run(spec);
  struct stat info {};
  BOOST_REQUIRE_EQUAL(::stat((folder.path() / "out/file").c_str(), &info), 0);
  BOOST_TEST(info.st_uid == ::getuid());
}

BOOST_FIXTURE_TEST_CASE(a_mount_can_be_given_to_the_containers_user, ContainerFixture) {
  make_directories(folder.path() / "out");
  Mount mount;
  mount.source = folder.path() / "out";
  mount.target = "/out";
  mount.access = Mount::Access::read_write;
  mount.owned_by_user = true;
  ContainerSpec spec = shell("touch /out/file && stat -c %u /out");
  spec.user = "ann";
  spec.mounts = {mount};
  BOOST_TEST(run(spec).out == (one_id() ? "0\n" : "1000\n"));
  engine->call("test.remove", {{"folder", mount.source.string()}});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace trainyard::engine
