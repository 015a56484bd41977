#include "engine/native/cgroup.hpp"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "base/file.hpp"
#include "base/process.hpp"

using namespace trainyard;
using namespace trainyard::engine::native;

namespace {

const char* const k_hybrid_mounts =
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    "36 31 0:33 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";

}  // namespace

BOOST_AUTO_TEST_CASE(finds_the_callers_own_cgroup_in_each_hierarchy_of_a_hybrid_machine) {
  const auto list =
      parse_hierarchies("4:memory:/jobs/7\n2:cpu,cpuacct:/\n0::/user.slice\n", k_hybrid_mounts);
  BOOST_REQUIRE_EQUAL(list.size(), 3U);
  BOOST_TEST(list[0].own.string() == "/sys/fs/cgroup/memory/jobs/7");
  BOOST_TEST(list[1].own.string() == "/sys/fs/cgroup/cpu");
  BOOST_TEST(list[2].own.string() == "/sys/fs/cgroup/unified/user.slice");
  BOOST_TEST(list[2].unified);
  BOOST_TEST(!list[0].unified);
}

BOOST_AUTO_TEST_CASE(counts_the_own_cgroup_from_the_part_of_the_tree_that_is_mounted) {
  const auto list = parse_hierarchies(
      "0::/docker/abc/inner\n", "41 31 0:38 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  BOOST_REQUIRE_EQUAL(list.size(), 1U);
  BOOST_TEST(list[0].own.string() == "/sys/fs/cgroup/inner");
}

/// As a scheduler does that puts a process into a limit while it runs.
BOOST_AUTO_TEST_CASE(opening_the_way_takes_nobody_back_who_was_moved) {
  const std::string before = read_file("/proc/self/cgroup");
  open_way_into_cgroups();
  BOOST_TEST(read_file("/proc/self/cgroup") == before);
  for (const CgroupHierarchy& hierarchy : own_hierarchies()) {
    const fs::path limit = hierarchy.own / ("test-" + random_name(8));
    std::error_code refused;
    if (!fs::create_directory(limit, refused)) continue;
    std::ofstream(limit / "cgroup.procs") << ::getpid() << std::flush;
    const std::string moved = read_file("/proc/self/cgroup");
    open_way_into_cgroups();
    BOOST_TEST(read_file("/proc/self/cgroup") == moved);
    std::ofstream(hierarchy.own / "cgroup.procs") << ::getpid() << std::flush;
    ::rmdir(limit.c_str());
  }
}

BOOST_AUTO_TEST_CASE(leaves_out_hierarchies_in_which_the_caller_is_not) {
  BOOST_TEST(parse_hierarchies("4:freezer:/\n", k_hybrid_mounts).empty());
}

BOOST_AUTO_TEST_CASE(a_cgroup_is_abandoned_when_its_owner_is_known_to_be_gone) {
  const ProcessIdentity self = own_identity();
  const auto name = [&](const std::string& boot, uint64_t pids, uint64_t start) {
    return "trainyard-" + boot + "-" + std::to_string(pids) + "-" + std::to_string(self.pid) + "-" +
           std::to_string(start) + "-abcdefgh";
  };
  BOOST_TEST(!is_abandoned_cgroup(cgroup_owner_name() + "-abcdefgh"));
  BOOST_TEST(!is_abandoned_cgroup(name(self.boot_id, pid_namespace(), self.start_time)));
  BOOST_TEST(is_abandoned_cgroup(name(self.boot_id, pid_namespace(), self.start_time + 1)));
  BOOST_TEST(is_abandoned_cgroup(name(std::string(36, '0'), 1, self.start_time)));
  BOOST_TEST(!is_abandoned_cgroup(name(self.boot_id, 1, self.start_time + 1)),
             "a pid of another namespace says nothing here");
  BOOST_TEST(!is_abandoned_cgroup("trainyard-"));
  BOOST_TEST(!is_abandoned_cgroup("docker-" + std::string(40, 'a')));
}
