#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <random>
#include <thread>

#include "base/error.hpp"
#include "base/process.hpp"
#include "container_fixture.hpp"
#include "engine/native/native_engine.hpp"
#include "victim.hpp"

namespace trainyard::engine {

namespace {

/// Processes whose command line holds `marker`.
std::vector<std::string> processes_with(const std::string& marker) {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string pid = entry.path().filename();
    if (pid.find_first_not_of("0123456789") != std::string::npos ||
        pid == std::to_string(::getpid()))
      continue;
    try {
      const std::string line = read_file(entry.path() / "cmdline");
      if (line.find(marker) == std::string::npos) continue;
      const std::string where = read_file_if_exists(entry.path() / "wchan").value_or("");
      std::string text = read_file(entry.path() / "stat") + where + " " + line;
      std::replace(text.begin(), text.end(), '\0', ' ');
      found.push_back(text);
    } catch (const Error&) {
      // It has just ended.
    }
  }
  return found;
}

/// Our own children as /proc describes them.
std::vector<std::string> children() {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator("/proc/self/task"))
    found.push_back(read_file_if_exists(entry.path() / "children").value_or(""));
  return found;
}

/// Waits for all that we have, within a bound far above what the kernel needs.
bool children_end() {
  for (int wait = 0; wait < 3000; ++wait) {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    if (::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

void run_forever(Engine& engine, const fs::path& layer, const fs::path& work,
                 const std::string& marker) {
  ContainerSpec spec;
  spec.layers = {layer};
  spec.work = work;
  // `true` makes the shell stay instead of becoming the sleep.
  spec.argv = {"sh", "-c", "sleep 1000 & sh -c 'sleep 1000; true' " + marker + "; true", marker};
  engine.start(spec)->wait({});
}

}  // namespace

bool is_victim_call(int argc, char** argv) {
  return argc == 6 && std::strcmp(argv[1], "victim") == 0;
}

int run_victim(char** argv) {
  const auto engine = native::make_native_engine({argv[2], std::nullopt});
  std::thread other([&] { run_forever(*engine, argv[3], argv[4], argv[5]); });
  run_forever(*engine, argv[3], argv[4], argv[5]);
  other.join();
  return 0;
}

BOOST_AUTO_TEST_SUITE(killed)

BOOST_FIXTURE_TEST_CASE(a_killed_tool_leaves_no_process_and_no_mount_at_whatever_moment,
                        ContainerFixture) {
  const char* given = std::getenv("TRAINYARD_TEST_SEED");
  const unsigned seed =
      given != nullptr ? static_cast<unsigned>(std::atoi(given)) : std::random_device()();
  BOOST_TEST_MESSAGE("TRAINYARD_TEST_SEED=" << seed);
  std::mt19937 random(seed);
  run(shell("true"));  // the trial of the runtime is remembered from here on
  engine->settle();    // no supervisor of ours

  // The supervisor of a killed tool becomes our child, and ends after everything in its namespace.
  // To look for processes alone is not enough: one may be just about to take the name that is
  // looked for.
  BOOST_REQUIRE_EQUAL(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  for (int round = 0; round < 24; ++round) {
    const std::string marker = "marker-" + random_name();
    ProcessSpec victim;
    victim.argv = {own_executable(), "victim", store, layer, work, marker};
    const pid_t pid = start_process(victim);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 150'000));
    ::kill(pid, SIGKILL);
    wait_process(pid);
    BOOST_REQUIRE_MESSAGE(children_end(), "a child is left in round " << round << ", seed " << seed
                                                                      << ":\n"
                                                                      << joined(children()));
    const std::vector<std::string> left = processes_with(marker);
    BOOST_REQUIRE_MESSAGE(left.empty(), "left behind in round " << round << ", seed " << seed
                                                                << ":\n"
                                                                << joined(left));
  }
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  BOOST_TEST(read_file("/proc/self/mountinfo").find(folder.path().string()) == std::string::npos);
  BOOST_TEST(run(shell("echo again")).out == "again\n");
}

BOOST_FIXTURE_TEST_CASE(a_container_that_is_let_go_ends_before_its_object_does, ContainerFixture) {
  const std::string marker = "marker-" + random_name();
  ContainerSpec spec = shell("sleep 1000; true");
  spec.argv.push_back(marker);
  engine->start(spec).reset();
  BOOST_TEST(processes_with(marker).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace trainyard::engine
