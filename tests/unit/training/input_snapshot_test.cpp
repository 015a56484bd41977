#include "training/input_snapshot.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"
#include "run_fixture.hpp"

using namespace trainyard;
using training::InputSnapshot;

namespace {

struct SnapshotFixture : training::testing::RunFixture {
  InputSnapshot take(const fs::path& path) const {
    store::FingerprintIndex index(store, source());
    return training::take_snapshot(path, {build()}, index);
  }
  std::string change_found_in(const InputSnapshot& snapshot) const {
    try {
      training::check_unchanged(training::parse_input_snapshot(training::to_json(snapshot)));
    } catch (const Error& error) {
      BOOST_TEST((error.code() == ExitCode::failed));
      return fs::path(error.subject()).filename().string();
    }
    return "";
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(input_snapshot, SnapshotFixture)

BOOST_AUTO_TEST_CASE(times_and_host_paths_do_not_change_the_digest) {
  write_source("a/x.txt", "one");
  write_source("a/sub/y.txt", "two");
  write_source("b/x.txt", "one");
  write_source("b/sub/y.txt", "two");
  const std::string digest = take(source() / "a").digest();
  BOOST_TEST(take(source() / "b").digest() == digest);
  touch(source() / "a/x.txt");
  BOOST_TEST(take(source() / "a").digest() == digest);
}

BOOST_AUTO_TEST_CASE(names_contents_links_and_the_execute_bit_change_the_digest) {
  const fs::path file = write_source("a/x", "one");
  std::set<std::string> digests{take(source() / "a").digest()};
  write_source("a/x", "two");
  BOOST_TEST(digests.insert(take(source() / "a").digest()).second);
  ::chmod(file.c_str(), 0755);
  BOOST_TEST(digests.insert(take(source() / "a").digest()).second);
  fs::rename(file, source() / "a/y");
  BOOST_TEST(digests.insert(take(source() / "a").digest()).second);
  fs::create_directory(source() / "a/empty");
  BOOST_TEST(digests.insert(take(source() / "a").digest()).second);
  fs::create_symlink("y", source() / "a/link");
  BOOST_TEST(digests.insert(take(source() / "a").digest()).second);
  BOOST_TEST(digests.insert(take(source() / "a/y").digest()).second);
}

BOOST_AUTO_TEST_CASE(the_build_tree_inside_an_input_is_left_out) {
  write_source("x", "one");
  const std::string digest = take(source()).digest();
  write_file_atomic(build() / "new", "output");
  const InputSnapshot snapshot = take(source());
  BOOST_TEST(snapshot.digest() == digest);
  BOOST_TEST(snapshot.hidden == std::vector<std::string>{"build"},
             boost::test_tools::per_element());
  BOOST_TEST(take(build() / "new").digest() != "");
}

BOOST_AUTO_TEST_CASE(a_change_after_the_snapshot_is_found_and_named) {
  write_source("a/x", "one");
  write_source("a/y", "two");
  const InputSnapshot snapshot = take(source() / "a");
  BOOST_TEST(change_found_in(snapshot) == "");
  touch(source() / "a/x");
  BOOST_TEST(change_found_in(snapshot) == "");
  write_source("a/x", "One");
  BOOST_TEST(change_found_in(snapshot) == "x");
  write_source("a/x", "one");
  write_source("a/new", "");
  BOOST_TEST(change_found_in(snapshot) == "new");
  fs::remove(source() / "a/new");
  fs::remove(source() / "a/y");
  BOOST_TEST(change_found_in(snapshot) == "y");
  fs::remove_all(source() / "a");
  BOOST_TEST(change_found_in(snapshot) == "a");
}

BOOST_AUTO_TEST_CASE(a_fifo_in_an_input_is_a_usage_error) {
  make_directories(source() / "a");
  BOOST_REQUIRE(::mkfifo((source() / "a/pipe").c_str(), 0600) == 0);
  BOOST_CHECK_EXCEPTION(take(source() / "a"), Error,
                        [](const Error& error) { return error.subject().ends_with("/a/pipe"); });
}

BOOST_AUTO_TEST_SUITE_END()
