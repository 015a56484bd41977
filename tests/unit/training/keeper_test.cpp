// Tools and keepers as processes, killed in the ways that happen.

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <boost/test/unit_test.hpp>
#include <csignal>

#include "base/lock_file.hpp"
#include "base/process.hpp"
#include "run_fixture.hpp"
#include "store/run_records.hpp"
#include "tool_process.hpp"
#include "training/keeper_protocol.hpp"
#include "training/run_plan.hpp"

using namespace trainyard;
using training::testing::Tool;
using training::testing::wait_until;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Gone, or a zombie that nobody has collected yet.
bool is_dead(pid_t pid) {
  const auto stat = read_file_if_exists("/proc/" + std::to_string(pid) + "/stat");
  return !stat || contains(*stat, ") Z ");
}

struct KeeperFixture : training::testing::RunFixture {
  KeeperFixture() {
    BOOST_REQUIRE(::mkfifo(gate().c_str(), 0600) == 0);
    ::setenv("TRAINYARD_GRACE", "20", 1);
  }
  ~KeeperFixture() { ::unsetenv("TRAINYARD_GRACE"); }

  fs::path gate() const { return folder() / "gate"; }
  fs::path marker() const { return folder() / "marker"; }
  fs::path pids() const { return folder() / "pids"; }

  /// Writes "started", waits at the gate, shows what came through it and writes the model.
  fs::path gated_spec() const {
    const std::string text = "echo $$ $PPID >> " + pids().string() + "; trap 'echo stopped >> " +
                             marker().string() + "; exit 0' TERM; echo started; exec 3<>" +
                             gate().string() +
                             "; while ! read -t 1 word <&3; do :; done; echo $word; echo m > model";
    return write_spec({{"command", {"/bin/bash", "-c", text}}, {"outputs", {"model"}}});
  }
  void open_gate() const {
    write_all(UniqueFd(::open(gate().c_str(), O_RDWR | O_CLOEXEC)).get(), "go\n", "gate");
  }
  std::pair<pid_t, pid_t> training_and_keeper() const {
    pid_t training = 0, keeper = 0;
    BOOST_REQUIRE(std::sscanf(read_file(pids()).c_str(), "%d %d", &training, &keeper) == 2);
    return {training, keeper};
  }
  fs::path run_folder(const fs::path& spec) const {
    return store::run_folder(store,
                             training::plan_run(store, training::read_run_spec(spec)).plan.key);
  }
  void wait_for_keepers_end(const fs::path& spec) const {
    wait_until([&] { return !LockFile::is_held(store::run_lock(run_folder(spec))); },
               "the keeper ends");
  }
  void expect_no_result(const fs::path& spec) const {
    BOOST_TEST(!fs::exists(run_folder(spec) / "record.json"));
    BOOST_TEST(!fs::exists(run_folder(spec) / "socket"));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(keeper, KeeperFixture)

BOOST_AUTO_TEST_CASE(two_tools_follow_one_run_to_its_end) {
  const fs::path spec = gated_spec();
  Tool first(folder(), store, spec);
  first.wait_for_output("started");
  Tool second(folder(), store, spec);
  second.wait_for_output("started");
  open_gate();
  BOOST_TEST(first.wait().code == 0, first.err());
  BOOST_TEST(second.wait().code == 0, second.err());
  BOOST_TEST(first.out() == "started\ngo\n");
  BOOST_TEST(second.out() == "started\ngo\n");
  const std::string started = read_file(pids());
  BOOST_TEST(std::count(started.begin(), started.end(), '\n') == 1);
}

BOOST_AUTO_TEST_CASE(a_run_goes_on_when_one_of_two_tools_is_interrupted) {
  const fs::path spec = gated_spec();
  Tool first(folder(), store, spec);
  first.wait_for_output("started");
  Tool second(folder(), store, spec);
  second.wait_for_output("started");
  first.signal(SIGTERM);
  BOOST_TEST(first.wait().code == 130);
  BOOST_TEST(contains(first.err(), "goes on for another build"));
  open_gate();
  BOOST_TEST(second.wait().code == 0, second.err());
  BOOST_TEST(!fs::exists(marker()));
}

BOOST_AUTO_TEST_CASE(the_last_tool_that_is_interrupted_stops_the_run_and_waits_for_it) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    const fs::path spec = gated_spec();
    Tool tool(folder(), store, spec);
    tool.wait_for_output("started");
    tool.signal(number);
    BOOST_TEST(tool.wait().code == 130, tool.err());
    BOOST_TEST(read_file(marker()) == "stopped\n");
    wait_for_keepers_end(spec);
    expect_no_result(spec);
    fs::remove(marker());
  }
}

BOOST_AUTO_TEST_CASE(a_killed_tool_stops_the_run) {
  const fs::path spec = gated_spec();
  Tool tool(folder(), store, spec);
  tool.wait_for_output("started");
  tool.signal(SIGKILL);
  tool.wait();
  wait_for_keepers_end(spec);
  BOOST_TEST(read_file(marker()) == "stopped\n");
  BOOST_TEST(is_dead(training_and_keeper().first));
  expect_no_result(spec);
}

BOOST_AUTO_TEST_CASE(a_training_that_does_not_stop_is_killed_after_the_grace) {
  ::setenv("TRAINYARD_GRACE", "0.2", 1);
  const fs::path spec = write_spec(script("trap '' TERM; echo $$ $PPID >> " + pids().string() +
                                          "; echo started; while :; do sleep 1; done"));
  Tool tool(folder(), store, spec);
  tool.wait_for_output("started");
  tool.signal(SIGKILL);
  tool.wait();
  wait_for_keepers_end(spec);
  BOOST_TEST(is_dead(training_and_keeper().first));
}

BOOST_AUTO_TEST_CASE(a_killed_keeper_takes_the_training_along_and_is_reported) {
  const fs::path spec = gated_spec();
  Tool tool(folder(), store, spec);
  tool.wait_for_output("started");
  const auto [training, keeper] = training_and_keeper();
  ::kill(keeper, SIGKILL);
  BOOST_TEST(tool.wait().code == 3);
  BOOST_TEST(contains(tool.err(), "its keeper process was killed"));
  const pid_t child = training;
  wait_until([child] { return is_dead(child); }, "the training is gone");

  Tool again(folder(), store, spec);
  again.wait_for_output("started");
  open_gate();
  BOOST_TEST(again.wait().code == 0, again.err());
}

BOOST_AUTO_TEST_CASE(a_tool_that_comes_while_a_run_stops_waits_and_runs_it_anew) {
  const fs::path release = folder() / "release";
  const fs::path spec =
      write_spec(script("trap 'echo stopping; while [ ! -e " + release.string() +
                            " ]; do sleep 0.05; done; exit 1' TERM; echo started;" + "[ -e " +
                            release.string() + " ] || while :; do sleep 0.05; done; echo x > model",
                        {{"outputs", {"model"}}}));
  Tool first(folder(), store, spec);
  first.wait_for_output("started");
  first.signal(SIGTERM);
  first.wait_for_output("stopping");
  Tool second(folder(), store, spec);
  wait_until([&] { return contains(second.err(), "earlier try"); },
             "the second tool has met the first run");
  write_file_atomic(release, "");
  BOOST_TEST(first.wait().code == 130);
  BOOST_TEST(second.wait().code == 0, second.err());
  BOOST_TEST(contains(second.out(), "started"));
}

BOOST_AUTO_TEST_CASE(a_folder_of_any_length_holds_a_socket_that_only_its_user_may_use) {
  const fs::path deep = folder() / std::string(200, 'a') / std::string(200, 'b');
  make_directories(deep);
  const UniqueFd listener = training::listen_in(deep);
  struct stat status {};
  BOOST_REQUIRE(::stat((deep / "socket").c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777) == 0600U);
  const auto connection = training::connect_in(deep);
  BOOST_REQUIRE(connection.has_value());
  BOOST_TEST(training::peer_is_own_user(connection->get()));
  BOOST_TEST(!training::connect_in(folder()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
