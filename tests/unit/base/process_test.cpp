#include "base/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"
#include "base/file.hpp"

using namespace trainyard;

namespace {

UniqueFd open_new(const fs::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  BOOST_REQUIRE(fd.get() >= 0);
  return fd;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(processes)

BOOST_AUTO_TEST_CASE(arguments_arrive_byte_for_byte) {
  const Captured seen = capture({"printf", "%s|", "a b", "\"'$x;\\", "é\nnew line", ""});
  BOOST_TEST(seen.out == "a b|\"'$x;\\|é\nnew line||");
  BOOST_TEST(seen.status.success());
}

BOOST_AUTO_TEST_CASE(both_streams_are_captured_whole) {
  const Captured seen =
      capture({"sh", "-c", "head -c 200000 /dev/zero; head -c 200000 /dev/zero >&2; exit 3"});
  BOOST_TEST(seen.out.size() == 200'000U);
  BOOST_TEST(seen.err.size() == 200'000U);
  BOOST_TEST(seen.status.code == 3);
}

BOOST_AUTO_TEST_CASE(input_and_variables_arrive_beside_what_is_inherited) {
  ::setenv("TRAINYARD_TEST_INPUT", "old", 1);
  const std::string text(200'000, 'x');
  const Captured seen =
      capture({"sh", "-c", "cat; echo \"$TRAINYARD_TEST_INPUT $OTHER ${PATH:+path}\""},
              {{"TRAINYARD_TEST_INPUT=new", "OTHER=a=b"}, text});
  BOOST_TEST(seen.out == text + "new a=b path\n");
  BOOST_TEST(capture({"sh", "-c", "cat; echo $TRAINYARD_TEST_INPUT"}).out == "old\n");
}

BOOST_AUTO_TEST_CASE(a_signal_is_reported_as_such) {
  const Captured seen = capture({"sh", "-c", "kill -TERM $$"});
  BOOST_TEST(seen.status.code == 128 + SIGTERM);
  BOOST_TEST(seen.status.signal.value() == SIGTERM);
  BOOST_TEST(!seen.status.success());
}

BOOST_AUTO_TEST_CASE(a_program_that_cannot_be_started_is_an_error_that_says_why) {
  BOOST_CHECK_THROW(capture({"no-such-program-anywhere"}), Error);
  const TemporaryDirectory folder;
  write_file_atomic(folder.path() / "garbage", "not a program", Durability::cheap, 0755);
  try {
    capture({(folder.path() / "garbage").string()});
    BOOST_TEST(false);
  } catch (const Error& error) {
    BOOST_TEST(error.cause() == "Exec format error");
  }
}

BOOST_AUTO_TEST_CASE(streams_environment_and_folder_are_as_asked) {
  const TemporaryDirectory folder;
  const UniqueFd out = open_new(folder.path() / "out");
  ProcessSpec spec;
  spec.argv = {"sh", "-c", "pwd; echo \"$A\"; echo \"${HOME-unset}\""};
  spec.environment = std::vector<std::string>{"A=b c"};
  spec.working_directory = folder.path();
  spec.out = out.get();
  BOOST_TEST(wait_process(start_process(spec)).success());
  BOOST_TEST(read_file(folder.path() / "out") == folder.path().string() + "\nb c\nunset\n");
}

BOOST_AUTO_TEST_CASE(streams_may_be_given_crosswise) {
  const TemporaryDirectory folder;
  const UniqueFd a = open_new(folder.path() / "a");
  const UniqueFd b = open_new(folder.path() / "b");
  const pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(a.get(), 1);
    ::dup2(b.get(), 2);
    ProcessSpec spec;
    spec.argv = {"sh", "-c", "echo out; echo err >&2"};
    spec.out = 2;
    spec.err = 1;
    ::_exit(wait_process(start_process(spec)).code);
  }
  BOOST_TEST(wait_process(child).success());
  BOOST_TEST(read_file(folder.path() / "a") == "err\n");
  BOOST_TEST(read_file(folder.path() / "b") == "out\n");
}

BOOST_AUTO_TEST_CASE(only_kept_descriptors_reach_the_child) {
  const TemporaryDirectory folder;
  write_file_atomic(folder.path() / "file", "x");
  const int leaked = ::open((folder.path() / "file").c_str(), O_RDONLY);
  const UniqueFd kept = open_for_reading(folder.path() / "file");
  const UniqueFd out = open_new(folder.path() / "out");
  ProcessSpec spec;
  spec.argv = {"sh",
               "-c",
               "for fd in \"$@\"; do test -e /proc/self/fd/$fd && echo $fd; done",
               "sh",
               std::to_string(leaked),
               std::to_string(kept.get())};
  spec.out = out.get();
  spec.keep = {kept.get()};
  wait_process(start_process(spec));
  ::close(leaked);
  BOOST_TEST(read_file(folder.path() / "out") == std::to_string(kept.get()) + "\n");
}

BOOST_AUTO_TEST_CASE(own_session_is_a_new_session) {
  ProcessSpec spec;
  spec.argv = {"sleep", "60"};
  spec.own_session = true;
  const pid_t child = start_process(spec);
  BOOST_TEST(::getsid(child) == child);
  ::kill(child, SIGKILL);
  BOOST_TEST(wait_process(child).signal.value() == SIGKILL);
}

BOOST_AUTO_TEST_CASE(programs_are_found_in_PATH_and_in_sbin) {
  BOOST_TEST(find_program("sh").is_absolute());
  BOOST_TEST(find_program("no-such-program-anywhere").empty());
  BOOST_TEST(find_program("/bin/sh") == "/bin/sh");
  BOOST_TEST(find_program("/etc/passwd").empty());
}

BOOST_AUTO_TEST_CASE(an_identity_is_of_one_process_of_one_boot) {
  const ProcessIdentity self = own_identity();
  BOOST_TEST(self.alive());
  BOOST_TEST(self.pid == ::getpid());
  BOOST_TEST(self.boot_id.size() == 36U);
  ProcessIdentity other = self;
  other.start_time += 1;
  BOOST_TEST(!other.alive());
  other = self;
  other.boot_id = "another";
  BOOST_TEST(!other.alive());

  ProcessSpec spec;
  spec.argv = {"sleep", "60"};
  const pid_t child = start_process(spec);
  const ProcessIdentity child_identity{boot_id(), child, process_start_time(child)};
  BOOST_TEST(child_identity.alive());
  ::kill(child, SIGKILL);
  siginfo_t ended{};
  ::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT);
  BOOST_TEST(!child_identity.alive());  // a zombie: nobody has waited for it
  wait_process(child);
  BOOST_TEST(!child_identity.alive());
  BOOST_TEST(process_start_time(child) == 0U);
}

BOOST_AUTO_TEST_CASE(the_own_executable_is_this_test) {
  BOOST_TEST(fs::exists(own_executable()));
  BOOST_TEST(own_executable().filename().native().starts_with("unit_"));
}

BOOST_AUTO_TEST_SUITE_END()
