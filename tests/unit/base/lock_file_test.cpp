#include "base/lock_file.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <sstream>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"

using namespace trainyard;

namespace {

/// Until somebody waits for the lock on this file, as the kernel lists it, or two seconds.
void wait_for_a_waiter(ino_t inode) {
  const std::string end = ":" + std::to_string(inode) + " 0 EOF";
  for (int i = 0; i < 2000; ++i) {
    std::istringstream lines(read_file_if_exists("/proc/locks").value_or(""));
    for (std::string line; std::getline(lines, line);)
      if (line.find("->") != std::string::npos && line.ends_with(end)) return;
    ::usleep(1000);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lock_files)

BOOST_AUTO_TEST_CASE(one_holder_at_a_time) {
  const TemporaryDirectory folder;
  const fs::path path = folder.path() / "locks/a";
  {
    const LockFile held = LockFile::acquire(path);
    BOOST_TEST(!LockFile::try_acquire(path).has_value());
    BOOST_TEST(LockFile::try_acquire(folder.path() / "locks/b").has_value());
  }
  BOOST_TEST(LockFile::try_acquire(path).has_value());
  BOOST_TEST(fs::exists(path));
}

BOOST_AUTO_TEST_CASE(the_file_of_a_free_lock_can_be_removed_and_of_a_held_one_not) {
  const TemporaryDirectory folder;
  const fs::path path = folder.path() / "a";
  BOOST_TEST(!LockFile::remove_if_free(path));
  {
    const LockFile held = LockFile::acquire(path);
    BOOST_TEST(!LockFile::remove_if_free(path));
    BOOST_TEST(fs::exists(path));
  }
  BOOST_TEST(LockFile::remove_if_free(path));
  BOOST_TEST(!fs::exists(path));
}

BOOST_AUTO_TEST_CASE(takers_exclude_each_other_while_the_file_is_removed_over_and_over) {
  const TemporaryDirectory folder;
  const fs::path path = folder.path() / "a";
  std::atomic<int> inside = 0, together = 0, taken = 0;
  std::vector<std::jthread> takers;
  for (int i = 0; i < 4; ++i)
    takers.emplace_back([&] {
      for (int n = 0; n < 300; ++n) {
        const LockFile held = LockFile::acquire(path);
        if (++inside > 1) ++together;
        ++taken;
        --inside;
      }
    });
  while (taken < 1200) LockFile::remove_if_free(path);
  takers.clear();
  BOOST_TEST(together == 0);
}

BOOST_AUTO_TEST_CASE(who_waited_for_a_file_that_was_moved_with_its_folder_takes_the_new_one) {
  const TemporaryDirectory folder;
  const fs::path path = folder.path() / "run/lock";
  std::optional<LockFile> first = LockFile::acquire(path);
  struct stat status {};
  BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
  bool is_there = false, is_held = false;
  std::jthread waiting([&] {
    const LockFile second = LockFile::acquire(path);
    is_there = fs::exists(path);
    is_held = is_there && LockFile::is_held(path);
  });
  wait_for_a_waiter(status.st_ino);
  fs::rename(folder.path() / "run", folder.path() / "gone");
  first.reset();
  waiting.join();
  BOOST_TEST(is_there);
  BOOST_TEST(is_held);
}

BOOST_AUTO_TEST_CASE(whether_and_by_whom_it_is_held_can_be_asked) {
  const TemporaryDirectory folder;
  const fs::path path = folder.path() / "a";
  BOOST_TEST(!LockFile::is_held(path));
  BOOST_TEST(!LockFile::holder(path).has_value());
  BOOST_TEST(!fs::exists(path));
  {
    const LockFile held = LockFile::acquire(path);
    BOOST_TEST(LockFile::is_held(path));
    // A sandboxed kernel may have no list of locks.
    if (const auto holder = LockFile::holder(path)) BOOST_TEST(*holder == ::getpid());
  }
  BOOST_TEST(!LockFile::is_held(path));
  BOOST_TEST(!LockFile::holder(path).has_value());
}

BOOST_AUTO_TEST_CASE(a_lock_that_cannot_be_asked_for_is_an_error) {
  const TemporaryDirectory folder;
  fs::create_directory_symlink("a", folder.path() / "a");
  BOOST_CHECK_THROW(LockFile::is_held(folder.path() / "a"), Error);
}

BOOST_AUTO_TEST_CASE(shared_holders_keep_an_exclusive_one_out) {
  const TemporaryDirectory folder;
  const fs::path path = folder.path() / "a";
  const LockFile first = LockFile::acquire(path, LockFile::Mode::shared);
  const auto second = LockFile::try_acquire(path, LockFile::Mode::shared);
  BOOST_TEST(second.has_value());
  BOOST_TEST(!LockFile::try_acquire(path).has_value());
}

BOOST_AUTO_TEST_CASE(a_lock_ends_with_its_process_in_whatever_way) {
  const TemporaryDirectory folder;
  const fs::path path = folder.path() / "a";
  int ready[2];
  BOOST_REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    const LockFile held = LockFile::acquire(path);
    const ssize_t ignored = ::write(ready[1], "x", 1);
    (void)ignored;
    ::pause();
    ::_exit(0);
  }
  char byte = 0;
  BOOST_REQUIRE(::read(ready[0], &byte, 1) == 1);
  BOOST_TEST(!LockFile::try_acquire(path).has_value());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  BOOST_TEST(LockFile::try_acquire(path).has_value());
  ::close(ready[0]);
  ::close(ready[1]);
}

BOOST_AUTO_TEST_SUITE_END()
