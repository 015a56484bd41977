#include "engine/native/helper_process.hpp"

#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <optional>

namespace trainyard::engine::native {

namespace {

pid_t start_waiting() {
  const pid_t pid = ::fork();
  BOOST_REQUIRE(pid >= 0);
  if (pid == 0) {
    for (;;) ::pause();
  }
  return pid;
}

/// A process with this number, which only root may choose.
pid_t start_waiting_as(pid_t pid) {
  clone_args arguments{};
  arguments.exit_signal = SIGCHLD;
  arguments.set_tid = reinterpret_cast<uint64_t>(&pid);
  arguments.set_tid_size = 1;
  const long made = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  if (made == 0) {
    for (;;) ::pause();
  }
  return static_cast<pid_t>(made);
}

bool is_there(pid_t pid) {
  return ::kill(pid, 0) == 0;
}

void end_and_wait(pid_t pid) {
  ::kill(pid, SIGKILL);
  BOOST_TEST(::waitpid(pid, nullptr, 0) == pid);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(helper_process)

BOOST_AUTO_TEST_CASE(it_ends_with_its_object_and_is_waited_for) {
  const pid_t pid = start_waiting();
  {
    HelperProcess helper(pid);
    HelperProcess moved = std::move(helper);
    helper.end();
    BOOST_TEST(moved.pid() == pid);
    BOOST_TEST(is_there(pid));
  }
  BOOST_TEST(!is_there(pid));
}

BOOST_AUTO_TEST_CASE(one_that_ended_by_itself_is_waited_for) {
  const pid_t pid = start_waiting();
  {
    const HelperProcess helper(pid);
    ::kill(pid, SIGKILL);
  }
  BOOST_TEST(!is_there(pid));
}

BOOST_AUTO_TEST_CASE(another_one_takes_its_place) {
  const pid_t first = start_waiting();
  const pid_t second = start_waiting();
  HelperProcess helper(first);
  helper = HelperProcess(second);
  BOOST_TEST(!is_there(first));
  BOOST_TEST(is_there(second));
}

BOOST_AUTO_TEST_CASE(who_has_its_number_after_it_was_waited_for_elsewhere_is_left_alone) {
  const pid_t pid = start_waiting();
  std::optional<HelperProcess> helper(pid);
  end_and_wait(pid);
  const pid_t other = start_waiting_as(pid);
  if (other < 0) {
    BOOST_TEST_MESSAGE("no process with a chosen number: errno " << errno);
    return;
  }
  BOOST_REQUIRE(other == pid);
  helper.reset();
  int status = 0;
  BOOST_TEST(::waitpid(pid, &status, WNOHANG) == 0);  // neither ended nor waited for
  end_and_wait(pid);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace trainyard::engine::native
