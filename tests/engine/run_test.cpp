#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <thread>

#include "base/error.hpp"
#include "container_fixture.hpp"
#include "engine/native/cgroup.hpp"
#include "engine/native/native_engine.hpp"

namespace trainyard::engine {

namespace {

/// Whether containers have cgroups in it.
bool is_used(const native::CgroupHierarchy& hierarchy) {
  for (const char* name : {"memory", "pids", "cpu"})
    for (const std::string& controller : hierarchy.controllers)
      if (controller == name) return true;
  return hierarchy.unified;
}

/// The folders in which this process may find or make cgroups of containers.
std::vector<fs::path> cgroup_parents() {
  std::vector<fs::path> parents;
  for (const native::CgroupHierarchy& hierarchy : native::own_hierarchies()) {
    if (!is_used(hierarchy)) continue;
    parents.push_back(hierarchy.own);
    if (hierarchy.unified && hierarchy.own != hierarchy.mount)
      parents.push_back(hierarchy.own.parent_path());
  }
  return parents;
}

std::vector<std::string> cgroups_of_ours() {
  std::vector<std::string> found;
  std::error_code ignored;
  for (const fs::path& parent : cgroup_parents())
    for (const fs::directory_entry& entry : fs::directory_iterator(parent, ignored))
      if (entry.path().filename().native().starts_with(native::cgroup_owner_name() + "-"))
        found.push_back(entry.path());
  return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(running)

BOOST_FIXTURE_TEST_CASE(exit_code_and_both_streams_arrive, ContainerFixture) {
  const Outcome outcome = run(shell("echo to out; echo to err >&2; exit 7"));
  BOOST_TEST(outcome.result.exit_code == 7);
  BOOST_TEST(!outcome.result.signal.has_value());
  BOOST_TEST(outcome.out == "to out\n");
  BOOST_TEST(outcome.err == "to err\n");
}

BOOST_FIXTURE_TEST_CASE(arguments_and_environment_arrive_byte_for_byte, ContainerFixture) {
  ContainerSpec spec = shell("printf '%s|' \"$@\" \"$V\"");
  const std::vector<std::string> odd{"a b",         "",   "\"q\"", "'s'", ";$HOME",
                                     "line\nbreak", "\\", "ä€"};
  spec.argv.push_back("name");
  spec.argv.insert(spec.argv.end(), odd.begin(), odd.end());
  spec.environment = {"PATH=/bin", "V=x=y; $z \"w\""};
  std::string expected;
  for (const std::string& argument : odd) expected += argument + "|";
  BOOST_TEST(run(spec).out == expected + "x=y; $z \"w\"|");
}

BOOST_FIXTURE_TEST_CASE(megabytes_of_output_arrive_whole, ContainerFixture) {
  BOOST_TEST(run(shell("head -c 5000000 /dev/zero")).out.size() == 5'000'000U);
}

BOOST_FIXTURE_TEST_CASE(a_user_by_name_has_its_groups_and_home_and_may_reopen_its_streams,
                        ContainerFixture) {
  ContainerSpec spec = shell("id; echo $HOME; echo again > /dev/stdout; echo error > /dev/stderr");
  spec.user = "ann";
  const Outcome outcome = run(spec);
  const std::string ids = one_id() ? "uid=0(root) gid=0(root)"
                                   : "uid=1000(ann) gid=1000(ann) groups=44(video),1000(ann)";
  BOOST_TEST(outcome.out == ids + "\n/home/ann\nagain\n");
  BOOST_TEST(outcome.err == "error\n");
}

BOOST_FIXTURE_TEST_CASE(an_unknown_user_is_bad_input, ContainerFixture) {
  ContainerSpec spec = shell("true");
  spec.user = "nosuch";
  BOOST_CHECK_EXCEPTION(run(spec), Error,
                        [](const Error& error) { return error.code() == ExitCode::usage; });
}

BOOST_FIXTURE_TEST_CASE(a_command_that_is_missing_or_no_program_says_127_or_126, ContainerFixture) {
  const auto code_of = [&](const std::string& command) {
    ContainerSpec spec = shell("");
    spec.argv = {command};
    try {
      run(spec);
    } catch (const CommandNotExecutable& error) {
      return error.exit_code();
    }
    return 0;
  };
  write_file_atomic(layer / "bin/orphan", "#!/bin/nosuch\n", Durability::cheap, 0755);
  BOOST_TEST(code_of("nosuch") == 127);
  BOOST_TEST(code_of("/bin/nosuch") == 127);
  BOOST_TEST(code_of("orphan") == 127);
  BOOST_TEST(code_of("/etc/passwd") == 126);
  BOOST_TEST(code_of("/etc") == 126);
  BOOST_TEST(code_of("true") == 0);
}

BOOST_FIXTURE_TEST_CASE(a_working_directory_is_made_when_it_is_missing, ContainerFixture) {
  ContainerSpec spec = shell("pwd");
  spec.working_directory = "/made/here";
  spec.upper = fresh_upper();
  BOOST_TEST(run(spec).out == "/made/here\n");
  BOOST_TEST((entries(*spec.upper) == std::vector<std::string>{"made", "made/here"}));
}

BOOST_FIXTURE_TEST_CASE(a_mount_is_read_only_unless_it_is_said, ContainerFixture) {
  make_directories(folder.path() / "data");
  write_file_atomic(folder.path() / "data/in", "given");
  Mount mount;
  mount.source = folder.path() / "data";
  mount.target = "/data";
  ContainerSpec spec = shell("cat /data/in; touch /data/new 2>/dev/null || echo refused");
  spec.mounts = {mount};
  BOOST_TEST(run(spec).out == "givenrefused\n");
  spec.mounts[0].access = Mount::Access::read_write;
  BOOST_TEST(run(spec).out == "given");
  BOOST_TEST(fs::exists(folder.path() / "data/new"));
}

BOOST_FIXTURE_TEST_CASE(a_signal_reaches_the_command_through_the_init, ContainerFixture) {
  ContainerSpec spec =
      shell("trap 'echo caught; exit 9' TERM; echo ready; while true; do sleep 0.05; done");
  spec.init = true;
  const auto container = engine->start(spec);
  std::string out;
  const ContainerResult result = container->wait([&](Stream, std::string_view text) {
    out += text;
    if (text.find("ready") != text.npos) container->signal(SIGTERM);
  });
  BOOST_TEST(result.exit_code == 9);
  BOOST_TEST(out == "ready\ncaught\n");
}

BOOST_FIXTURE_TEST_CASE(once_it_has_settled_containers_left_what_can_be_shared_and_nothing_else,
                        ContainerFixture) {
  engine->expect_start();
  for (int i = 0; i < 5; ++i)
    run(shell("mkdir /x; echo > /x/made; mkdir -m 000 /x/closed; rm -rf /etc"));
  engine->settle();
  size_t shared = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(work)) {
    const std::string name = entry.path().filename();
    BOOST_TEST(name.starts_with("stub-"), name);
    ++shared;
  }
  BOOST_TEST(shared == 1U);
  BOOST_TEST(run(shell("true")).result.exit_code == 0);  // and it starts again
}

BOOST_FIXTURE_TEST_CASE(a_start_that_was_expected_and_does_not_come_costs_nothing,
                        ContainerFixture) {
  for (int i = 0; i < 20; ++i) {
    const auto other = native::make_native_engine({store, std::nullopt});
    for (int k = 0; k < i % 3; ++k) other->expect_start();
  }
}

BOOST_FIXTURE_TEST_CASE(no_control_group_outlives_its_container_however_it_ended,
                        ContainerFixture) {
  run(shell("exit 1"));
  ContainerSpec missing = shell("true");
  missing.argv = {"nosuch"};
  BOOST_CHECK_THROW(run(missing), CommandNotExecutable);
  ContainerSpec stranger = shell("true");
  stranger.user = "nosuch";
  BOOST_CHECK_THROW(run(stranger), Error);
  engine->start(shell("sleep 60")).reset();
  engine->settle();
  BOOST_TEST(cgroups_of_ours() == std::vector<std::string>{}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(an_engine_that_has_settled_still_sweeps_control_groups_of_other_boots,
                        ContainerFixture) {
  std::vector<fs::path> left;
  for (const fs::path& parent : cgroup_parents()) {
    left.push_back(parent /
                   ("trainyard-00000000-0000-0000-0000-000000000000-1-1-1-" + random_name(8)));
    std::error_code refused;
    if (!fs::create_directory(left.back(), refused)) left.pop_back();
  }
  {
    const auto other = native::make_native_engine({store, std::nullopt});
    other->call("test.echo", Json::object());
    other->settle();
  }
  for (const fs::path& path : left) BOOST_TEST(!fs::exists(path), path);
}

BOOST_FIXTURE_TEST_CASE(several_containers_run_side_by_side, ContainerFixture) {
  std::vector<std::thread> threads;
  std::vector<Outcome> outcomes(6);
  for (size_t i = 0; i < outcomes.size(); ++i)
    threads.emplace_back([&, i] { outcomes[i] = run(shell("echo " + std::to_string(i))); });
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < outcomes.size(); ++i)
    BOOST_TEST(outcomes[i].out == std::to_string(i) + "\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace trainyard::engine
