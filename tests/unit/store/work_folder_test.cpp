#include "store/work_folder.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/process.hpp"
#include "store/layer_links.hpp"
#include "store/owner.hpp"
#include "store_fixture.hpp"

using namespace trainyard;
using namespace trainyard::store;

namespace {

/// Lets `action` happen in a process that then dies without tidying up.
template <class Action>
void in_a_process_that_dies(Action action) {
  const pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    try {
      action();
    } catch (...) {
      ::_exit(1);
    }
    ::kill(::getpid(), SIGKILL);
  }
  BOOST_REQUIRE(wait_process(child).signal == SIGKILL);
}

void make_older(const fs::path& path, int seconds) {
  struct stat status {};
  BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
  const timespec times[2] = {{status.st_mtim.tv_sec - seconds, 0},
                             {status.st_mtim.tv_sec - seconds, 0}};
  BOOST_REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(work_folders, StoreFixture)

BOOST_AUTO_TEST_CASE(a_work_folder_goes_with_its_object) {
  fs::path path;
  {
    const WorkFolder work(store);
    path = work.path();
    BOOST_TEST((path.parent_path() == store.tmp()));
    BOOST_TEST(!fs::exists(work.fresh("upper")));
    BOOST_TEST(work.fresh("upper") != work.fresh("upper"));
    write_file_atomic(work.fresh("upper") / "file", "x");
  }
  BOOST_TEST(!fs::exists(path));
}

BOOST_AUTO_TEST_CASE(the_folder_of_a_living_process_is_not_abandoned) {
  const WorkFolder work(store);
  BOOST_TEST(abandoned_work_folders(store).empty());
}

BOOST_AUTO_TEST_CASE(what_a_dead_process_left_is_swept) {
  in_a_process_that_dies([&] {
    const auto* work = new WorkFolder(store);
    write_file_atomic(work->path() / "upper/file", "x");
    ::chmod((work->path() / "upper").c_str(), 0);
    ::kill(::getpid(), SIGKILL);
  });
  const WorkFolder living(store);
  BOOST_REQUIRE(abandoned_work_folders(store).size() == 1U);
  sweep(store, runner);
  BOOST_TEST(abandoned_work_folders(store).empty());
  BOOST_TEST(fs::exists(living.path()));
}

BOOST_AUTO_TEST_CASE(a_tree_that_a_dead_process_adopted_but_never_named_is_swept) {
  in_a_process_that_dies([&] { make_tree("file", "x"); });
  const fs::path mine = make_tree("file", "y");
  sweep(store, runner);
  std::vector<fs::path> left;
  for (const auto& entry : fs::directory_iterator(store.layers())) left.push_back(entry.path());
  BOOST_REQUIRE(left.size() == 1U);
  BOOST_TEST(left[0] == mine);
}

BOOST_AUTO_TEST_CASE(a_tree_that_got_its_name_stays_when_its_maker_dies) {
  in_a_process_that_dies([&] { make_layer("file", "x"); });
  sweep(store, runner);
  BOOST_TEST(!fs::is_empty(store.layers()));
}

BOOST_AUTO_TEST_CASE(a_folder_without_owner_is_left_alone_for_a_minute) {
  make_directories(store.tmp() / "new");
  make_directories(store.tmp() / "old");
  write_file_atomic(store.tmp() / "spoilt/owner", "{\"boot_id\":");
  make_older(store.tmp() / "old", 90);
  make_older(store.tmp() / "spoilt", 90);
  std::vector<fs::path> found = abandoned_work_folders(store);
  std::sort(found.begin(), found.end());
  BOOST_REQUIRE(found.size() == 2U);
  BOOST_TEST(found[0] == store.tmp() / "old");
  BOOST_TEST(found[1] == store.tmp() / "spoilt");
}

BOOST_AUTO_TEST_CASE(a_reused_pid_is_not_the_owner) {
  ProcessIdentity self = own_identity();
  Json owner = parse_json(own_owner_text(), "owner");
  BOOST_TEST((owner_state(dump_json(owner)) == OwnerState::alive));
  owner["start_time"] = self.start_time + 1;
  BOOST_TEST((owner_state(dump_json(owner)) == OwnerState::dead));
  owner["pid_namespace"] = 1;
  BOOST_TEST((owner_state(dump_json(owner)) == OwnerState::alive));
  owner["boot_id"] = "another";
  BOOST_TEST((owner_state(dump_json(owner)) == OwnerState::dead));
  BOOST_TEST((owner_state("") == OwnerState::unknown));
}

BOOST_AUTO_TEST_CASE(with_nothing_to_sweep_no_job_is_started) {
  const WorkFolder work(store);
  sweep(store, runner);
  BOOST_TEST(runner.calls == 0);
}

BOOST_AUTO_TEST_SUITE_END()
