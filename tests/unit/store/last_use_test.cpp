#include "store/last_use.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "store_fixture.hpp"

using namespace trainyard;
using namespace trainyard::store;

namespace {
size_t visits_in(const Store& store) {
  size_t count = 0;
  std::error_code none;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(store.locks() / "visits", none))
    ++count;
  return count;
}
}  // namespace

BOOST_FIXTURE_TEST_SUITE(last_uses, StoreFixture)

BOOST_AUTO_TEST_CASE(a_use_is_noted_only_where_there_is_something) {
  const oci::Digest blob = store.put_blob("1");
  const int64_t before = last_use(store.blob(blob)).value();
  ::usleep(20'000);
  BOOST_TEST(note_use(store.blob(blob)));
  BOOST_TEST(last_use(store.blob(blob)).value() > before);
  BOOST_TEST(!note_use(store.root() / "nothing"));
  BOOST_TEST(!last_use(store.root() / "nothing").has_value());
}

BOOST_AUTO_TEST_CASE(without_visits_nothing_is_in_use) {
  const int64_t before = file_clock_now();
  BOOST_TEST(oldest_visit(store) >= before);
}

BOOST_AUTO_TEST_CASE(the_oldest_living_visit_counts) {
  const Visit visit(store);
  ::usleep(20'000);  // the kernel's clock has ticks, its newer time stamps have not
  const int64_t begin = oldest_visit(store);
  const Visit later(store);
  BOOST_TEST(oldest_visit(store) == begin);
  BOOST_TEST(begin < file_clock_now());
  BOOST_TEST(visits_in(store) == 2U);
}

BOOST_AUTO_TEST_CASE(a_visit_ends_with_its_object) {
  { const Visit visit(store); }
  BOOST_TEST(visits_in(store) == 0U);
}

BOOST_AUTO_TEST_CASE(a_killed_process_visits_no_more) {
  const pid_t child = ::fork();
  if (child == 0) {
    const Visit visit(store);
    ::raise(SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  BOOST_TEST(visits_in(store) == 1U);
  const int64_t before = file_clock_now();
  BOOST_TEST(oldest_visit(store) >= before);
  BOOST_TEST(visits_in(store) == 0U);
}

BOOST_AUTO_TEST_CASE(visits_that_cannot_be_looked_at_are_not_taken_for_over) {
  fs::create_symlink("visits", store.locks() / "visits");  // a link to itself
  BOOST_TEST(holds_text(complaint_of([&] { oldest_visit(store); }), "visits"));
}

BOOST_AUTO_TEST_SUITE_END()
