#include <signal.h>

#include <boost/test/unit_test.hpp>

#include "container_fixture.hpp"

namespace trainyard::engine {

namespace {

bool warned_about(const ContainerResult& result, const std::string& what) {
  for (const std::string& warning : result.warnings)
    if (warning.find(what) != std::string::npos) return true;
  return false;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(limits)

BOOST_FIXTURE_TEST_CASE(a_time_out_ends_with_sigterm_and_says_so, ContainerFixture) {
  ContainerSpec spec = shell("sleep 1000");
  spec.init = true;
  spec.timeout =
      std::chrono::milliseconds(1000);  // an init that has not begun yet hears no SIGTERM
  const ContainerResult result = run(spec).result;
  BOOST_TEST(result.timed_out);
  BOOST_TEST(result.exit_code == 128 + SIGTERM);
}

BOOST_FIXTURE_TEST_CASE(who_ignores_sigterm_is_killed_after_the_grace, ContainerFixture) {
  ContainerSpec spec = shell("trap '' TERM; while true; do sleep 0.05; done");
  spec.timeout = std::chrono::milliseconds(50);
  spec.grace = std::chrono::milliseconds(50);
  const ContainerResult result = run(spec).result;
  BOOST_TEST(result.timed_out);
  BOOST_TEST(result.exit_code == 128 + SIGKILL);
}

BOOST_FIXTURE_TEST_CASE(a_memory_limit_kills_or_warns_that_it_cannot, ContainerFixture) {
  ContainerSpec spec = shell("");
  spec.argv = {"tail", "-c", "200000000", "/dev/zero"};
  spec.limits.memory = 40'000'000;
  spec.timeout = std::chrono::seconds(10);  // tail never ends by itself
  const ContainerResult result = run(spec).result;
  if (warned_about(result, "memory limit is not in effect")) {
    BOOST_TEST(!result.out_of_memory);
    return;
  }
  BOOST_TEST(result.out_of_memory);
  BOOST_TEST(result.exit_code == 128 + SIGKILL);
  BOOST_TEST(result.peak_memory > 30'000'000U);
}

BOOST_FIXTURE_TEST_CASE(a_limit_of_processes_holds_with_or_without_cgroups, ContainerFixture) {
  ContainerSpec spec = shell(
      // The limit comes into force when the runtime, which needs processes itself, has done its
      // part.
      "sleep 1; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 60 & done; "
      "echo all");
  spec.limits.pids = 10;
  BOOST_TEST(run(spec).out.empty());
}

BOOST_FIXTURE_TEST_CASE(shared_memory_has_the_size_that_was_asked_for, ContainerFixture) {
  ContainerSpec spec = shell(
      "head -c 3000000 /dev/zero > /dev/shm/x && echo fits; head -c 9000000 /dev/zero > /dev/shm/x "
      "|| echo full");
  spec.limits.shm_size = 4 << 20;
  BOOST_TEST(run(spec).out == "fits\nfull\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace trainyard::engine
