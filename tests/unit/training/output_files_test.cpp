#include "training/output_files.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"
#include "training/beside.hpp"
#include "run_fixture.hpp"

using namespace trainyard;

namespace {

struct OutputFixture : training::testing::RunFixture {
  store::OutputFile file(const std::string& path, const std::string& content,
                         unsigned mode = 0644) const {
    return {path, store.put_blob(content), content.size(), mode, ""};
  }
  fs::path place() const { return build() / "out" / "model"; }
  void expect_nothing_beside() const {
    for (const auto& entry : fs::directory_iterator(place().parent_path()))
      BOOST_TEST(entry.path() == place());
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(output_files, OutputFixture)

BOOST_AUTO_TEST_CASE(a_file_replaces_what_was_there_with_its_mode_and_a_new_time) {
  write_file_atomic(place(), "old");
  const auto long_ago = fs::last_write_time(place()) - std::chrono::hours(1);
  fs::last_write_time(place(), long_ago);
  training::put_output(store, {"m", "m", false, {file("", "new", 0755)}}, place());
  BOOST_TEST(read_file(place()) == "new");
  BOOST_TEST((fs::status(place()).permissions() == fs::perms(0755)));
  BOOST_TEST((fs::last_write_time(place()) > long_ago));
  expect_nothing_beside();
}

BOOST_AUTO_TEST_CASE(a_folder_replaces_a_folder_whole) {
  write_file_atomic(place() / "gone", "x");
  store::OutputFile link{"link", store.put_blob("a"), 1, 0777, "a"};
  store::OutputFile empty{"empty/", store.put_blob(""), 0, 0755, ""};
  training::put_output(store, {"m", "m", true, {file("a", "1"), file("sub/b", "2"), link, empty}},
                       place());
  BOOST_TEST(!fs::exists(place() / "gone"));
  BOOST_TEST(read_file(place() / "sub/b") == "2");
  BOOST_TEST(fs::read_symlink(place() / "link") == "a");
  BOOST_TEST(fs::is_empty(place() / "empty"));
  expect_nothing_beside();
}

BOOST_AUTO_TEST_CASE(a_file_and_a_folder_replace_each_other) {
  write_file_atomic(place() / "x", "folder");
  training::put_output(store, {"m", "m", false, {file("", "file")}}, place());
  BOOST_TEST(read_file(place()) == "file");
  training::put_output(store, {"m", "m", true, {file("a", "1")}}, place());
  BOOST_TEST(read_file(place() / "a") == "1");
  expect_nothing_beside();
}

BOOST_AUTO_TEST_CASE(what_a_killed_restore_left_is_removed_and_what_another_is_making_is_not) {
  const fs::path left = place().parent_path() / ".model.trainyard-leftleft";
  write_file_atomic(left / "sub/file", "half");
  write_file_atomic(place().parent_path() / ".model.trainyard-halfhalf", "half");
  training::Beside other(place());
  const UniqueFd making = other.make_file();
  training::put_output(store, {"m", "m", false, {file("", "new")}}, place());
  BOOST_TEST(read_file(place()) == "new");
  BOOST_TEST(fs::exists(other.path()));
  BOOST_TEST(std::distance(fs::directory_iterator(place().parent_path()), {}) == 2);
}

BOOST_AUTO_TEST_CASE(content_that_is_gone_or_cut_leaves_the_old_file) {
  write_file_atomic(place(), "old");
  const store::OutputFile gone = file("", "new");
  fs::remove(store.blob(gone.digest));
  BOOST_CHECK_THROW(training::put_output(store, {"m", "m", false, {gone}}, place()), Error);
  const store::OutputFile cut = file("", "longer");
  fs::permissions(store.blob(cut.digest), fs::perms::owner_write, fs::perm_options::add);
  fs::resize_file(store.blob(cut.digest), 2);
  BOOST_CHECK_THROW(training::put_output(store, {"m", "m", false, {cut}}, place()), Error);
  BOOST_TEST(read_file(place()) == "old");
  expect_nothing_beside();
}

BOOST_AUTO_TEST_SUITE_END()
