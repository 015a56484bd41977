#include "base/lock_file.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>
#include <vector>

#include "base/file.hpp"

using namespace trainyard;

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
