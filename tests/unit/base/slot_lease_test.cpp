#include "base/slot_lease.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/folder_listing.hpp"

using namespace trainyard;

namespace {

/// Asks once, and takes what is free: give_up is asked before each try.
std::optional<SlotLease> try_once(const SlotFolder& folder, const SlotRequest& request) {
  int asked = 0;
  return folder.lease(request, "a test", {{}, [&asked] { return asked++ > 0; }});
}

/// Starts a child and waits until it has said that it is ready.
pid_t start(const std::function<void(int ready)>& body) {
  std::array<int, 2> pipe{};
  BOOST_REQUIRE(::pipe(pipe.data()) == 0);
  const pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    body(pipe[1]);
    ::_exit(0);
  }
  char byte = 0;
  BOOST_REQUIRE(::read(pipe[0], &byte, 1) == 1);
  ::close(pipe[0]);
  ::close(pipe[1]);
  return child;
}

void say_ready(int ready) {
  if (::write(ready, "x", 1) != 1) ::_exit(9);
}

void end(pid_t child) {
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

size_t tickets_in(const fs::path& folder) {
  std::error_code ignored;
  size_t count = 0;
  for (const auto& entry : entries_of(folder, ignored))
    if (entry.path().filename().string().starts_with("queue.")) ++count;
  return count;
}

std::vector<std::string> slots_of(const std::optional<SlotLease>& lease) {
  return lease ? lease->slots() : std::vector<std::string>();
}

using Names = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(slot_leases)

BOOST_AUTO_TEST_CASE(one_gets_as_many_as_asked_for_and_what_is_left_is_for_others) {
  const TemporaryDirectory temporary;
  const SlotFolder folder(temporary.path() / "slots");
  const Names all = numbered_slots(3);
  const auto two = try_once(folder, {{}, all, 2});
  BOOST_TEST(slots_of(two) == Names({"1", "2"}), boost::test_tools::per_element());
  BOOST_TEST(!try_once(folder, {{}, all, 2}).has_value());
  {
    const auto one = try_once(folder, {{}, all, 1});
    BOOST_TEST(slots_of(one) == Names({"3"}), boost::test_tools::per_element());
    BOOST_TEST(!try_once(folder, {{}, all, 1}).has_value());
    BOOST_TEST(folder.is_held("3"));
  }
  BOOST_TEST(!folder.is_held("3"));
  BOOST_TEST(tickets_in(folder.path()) == 0u);
}

BOOST_AUTO_TEST_CASE(what_must_be_had_is_had_or_nothing_is) {
  const TemporaryDirectory temporary;
  const SlotFolder folder(temporary.path());
  const auto b = try_once(folder, {{"b"}, {}, 0});
  BOOST_TEST(!try_once(folder, {{"a", "b"}, {}, 0}).has_value());
  BOOST_TEST(!folder.is_held("a"));
  const auto rest = try_once(folder, {{"a"}, {"b", "c"}, 1});
  BOOST_TEST(slots_of(rest) == Names({"a", "c"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(any_text_is_a_slots_name) {
  const TemporaryDirectory temporary;
  const SlotFolder folder(temporary.path() / "slots", "x.");
  const auto lease =
      try_once(folder, {{"nvidia.com/gpu=0:1", "nvidia.com/gpu=0%3a1", "../x", ".."}, {}, 0});
  BOOST_TEST(slots_of(lease).size() == 4u);
  std::error_code ignored;
  BOOST_TEST(entries_of(temporary.path(), ignored).size() == 1u);
}

BOOST_AUTO_TEST_CASE(who_holds_it_and_since_when_is_told_to_who_waits) {
  const TemporaryDirectory temporary;
  const SlotFolder folder(temporary.path());
  const auto held = folder.lease({{"gpu:0"}, {}, 0}, "run train_\x1b[1mmodel");
  const auto holder = folder.holder("gpu:0");
  BOOST_REQUIRE(holder.has_value());
  BOOST_TEST(holder->pid == ::getpid());
  std::string said;
  const auto waited = folder.lease(
      {{}, {"gpu:0"}, 1}, "run other",
      {[&said](const std::string& text) { said = text; }, [&said] { return !said.empty(); }});
  BOOST_TEST(!waited.has_value());
  const std::string start = "waiting for gpu:0, held by " + holder->user + " (pid " +
                            std::to_string(::getpid()) + ", run train_";
  BOOST_TEST(said.starts_with(start), said);
  BOOST_TEST(said.find('\x1b') == std::string::npos);
  BOOST_TEST(said.find(") since ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_lease_ends_with_its_process_in_whatever_way) {
  const TemporaryDirectory temporary;
  const SlotFolder folder(temporary.path());
  const pid_t child = start([&](int ready) {
    const auto held = folder.lease({{"a", "b"}, {}, 0}, "a child");
    say_ready(ready);
    ::pause();
  });
  BOOST_TEST(!try_once(folder, {{"a"}, {}, 0}).has_value());
  BOOST_TEST(folder.holder("a").value_or(SlotUser{}).pid == child);
  end(child);
  BOOST_TEST(try_once(folder, {{"a", "b"}, {}, 0}).has_value());
  BOOST_TEST(!folder.holder("a").has_value());  // what it wrote is still there, and says nothing
}

BOOST_AUTO_TEST_CASE(who_came_first_is_served_first_and_who_shares_no_slot_does_not_wait) {
  const TemporaryDirectory temporary;
  const SlotFolder folder(temporary.path());
  const auto held = folder.lease({{"a"}, {}, 0}, "holder");
  const pid_t child = start([&](int ready) {
    (void)folder.lease({{"a", "b"}, {}, 0}, "first",
                       {[](const std::string&) {},
                        [ready] {
                          say_ready(ready);
                          return false;
                        }});
  });
  while (tickets_in(folder.path()) != 1) ::usleep(1000);
  BOOST_TEST(!folder.is_held("b"));
  BOOST_TEST(!try_once(folder, {{"b"}, {}, 0}).has_value());
  BOOST_TEST(try_once(folder, {{"c"}, {}, 0}).has_value());
  end(child);
  BOOST_TEST(try_once(folder, {{"b"}, {}, 0}).has_value());
  BOOST_TEST(tickets_in(folder.path()) == 0u);  // the one of the killed child too
}

BOOST_AUTO_TEST_CASE(who_waits_gets_it_when_it_is_given_back) {
  const TemporaryDirectory temporary;
  const SlotFolder folder(temporary.path());
  auto held = folder.lease({{"a"}, {}, 0}, "holder");
  std::optional<SlotLease> second;
  std::jthread waiting([&] { second = folder.lease({{"a"}, {}, 0}, "second"); });
  while (tickets_in(folder.path()) != 1) ::usleep(1000);
  held.reset();
  waiting.join();
  BOOST_TEST(second.has_value());
}

BOOST_AUTO_TEST_CASE(no_slot_is_ever_held_twice) {
  const TemporaryDirectory temporary;
  const SlotFolder folder(temporary.path());
  std::array<std::atomic<int>, 3> users{};
  std::atomic<int> together = 0, taken = 0;
  std::vector<std::jthread> takers;
  for (size_t count = 1; count <= 3; ++count)
    takers.emplace_back([&, count] {
      for (int n = 0; n < 15; ++n) {
        const auto lease = folder.lease({{}, numbered_slots(3), count}, "taker");
        for (const std::string& slot : lease->slots())
          if (++users.at(std::stoul(slot) - 1) > 1) ++together;
        std::this_thread::yield();
        ++taken;
        for (const std::string& slot : lease->slots()) --users.at(std::stoul(slot) - 1);
      }
    });
  takers.clear();
  BOOST_TEST(together == 0);
  BOOST_TEST(taken == 45);
}

BOOST_AUTO_TEST_CASE(what_others_put_in_its_place_is_neither_followed_nor_written) {
  const TemporaryDirectory temporary;
  const SlotFolder folder(temporary.path() / "slots");
  make_directories(folder.path());
  const fs::path victim = temporary.path() / "victim";
  write_file_atomic(victim, "precious");
  fs::create_symlink(victim, folder.path() / "slot.link");
  fs::create_symlink(temporary.path() / "new", folder.path() / "slot.dangling");
  fs::create_hard_link(victim, folder.path() / "slot.hard");
  BOOST_REQUIRE(::mkfifo((folder.path() / "slot.pipe").c_str(), 0666) == 0);
  fs::create_directory(folder.path() / "slot.folder");
  for (const char* slot : {"link", "dangling", "hard", "pipe", "folder"})
    BOOST_CHECK_THROW(try_once(folder, {{slot}, {}, 0}), Error);
  BOOST_TEST(read_file(victim) == "precious");
  BOOST_TEST(!fs::exists(temporary.path() / "new"));
}

BOOST_AUTO_TEST_CASE(everybody_may_lock_what_one_has_made) {
  const TemporaryDirectory temporary;
  const SlotFolder folder(temporary.path());
  const mode_t before = ::umask(077);
  BOOST_TEST(try_once(folder, {{"a"}, {}, 0}).has_value());
  ::umask(before);
  struct stat status {};
  BOOST_REQUIRE(::stat((folder.path() / "slot.a").c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777u) == 0666u);
}

BOOST_AUTO_TEST_CASE(nonsense_that_others_wrote_does_no_harm) {
  const TemporaryDirectory temporary;
  const SlotFolder folder(temporary.path());
  write_file_atomic(folder.path() / "queue.00000000000000000001.x", "{\"slots\": 7}");
  write_file_atomic(folder.path() / "slot.a", "[[[[");
  const auto lease = try_once(folder, {{"a"}, {}, 0});
  BOOST_TEST(lease.has_value());
  write_file_atomic(folder.path() / "nonsense", "{\"user\": 1}");
  BOOST_TEST(!SlotFile::user_of(folder.path() / "nonsense").has_value());
}

BOOST_AUTO_TEST_CASE(what_can_never_be_had_is_a_mistake) {
  const TemporaryDirectory temporary;
  const SlotFolder folder(temporary.path());
  BOOST_CHECK_THROW(folder.lease({{}, numbered_slots(2), 3}, "x"), Error);
  BOOST_CHECK_THROW(folder.lease({{"a"}, {"a"}, 1}, "x"), Error);
  BOOST_TEST(folder.lease({}, "x")->slots().empty());
}

BOOST_AUTO_TEST_SUITE_END()
