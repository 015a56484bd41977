#include "store/folder_entries.hpp"

#include "store/layer_links.hpp"
#include "store/roots.hpp"
#include "store/work_folder.hpp"
#include "store_fixture.hpp"

using namespace trainyard;
using namespace trainyard::store;

namespace {

/// A link to itself cannot be looked at by anybody, root included.
void make_unreadable(const fs::path& path) {
  fs::remove_all(path);
  fs::create_symlink(path.filename(), path);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(entries_of_folders, StoreFixture)

BOOST_AUTO_TEST_CASE(they_are_sorted_and_what_is_not_finished_is_passed_over) {
  const fs::path place = folder.path() / "folder";
  for (const char* name : {"b", ".c", "a"}) write_file_atomic(place / name, "");
  std::vector<std::string> names;
  for (const auto& entry : folder_entries(place)) names.push_back(entry.path().filename());
  BOOST_TEST((names == std::vector<std::string>{"a", "b"}));
  BOOST_TEST(folder_entries(folder.path() / "none").empty());
  BOOST_TEST(folder_entries(place / "a").empty());
}

BOOST_AUTO_TEST_CASE(a_folder_that_cannot_be_read_is_not_an_empty_one) {
  make_unreadable(folder.path() / "folder");
  const auto told = complaint_of([&] { folder_entries(folder.path() / "folder"); });
  BOOST_TEST(holds_text(told, "reading folder " + (folder.path() / "folder").string()));
}

BOOST_AUTO_TEST_CASE(a_build_tree_that_cannot_be_looked_at_still_protects) {
  const fs::path build = folder.path() / "build";
  make_directories(build);
  put_root(store, {TargetKind::run, "train", build, "key", build / "train.json", {}});
  make_unreadable(build);
  BOOST_TEST(list_roots(store).size() == 1U);
  fs::remove(build);
  BOOST_TEST(list_roots(store).empty());
}

BOOST_AUTO_TEST_CASE(a_work_folder_whose_owner_cannot_be_read_is_not_abandoned) {
  const fs::path work = store.tmp() / "somebodys";
  make_directories(work);
  make_unreadable(work / "owner");
  fs::last_write_time(work, fs::last_write_time(work) - std::chrono::hours(1));
  BOOST_TEST(abandoned_work_folders(store).empty());
}

BOOST_AUTO_TEST_CASE(a_tree_gets_no_name_as_long_as_its_mark_would_have_it_swept) {
  const oci::Digest diff_id = oci::Digest::of("layer");
  const std::string id = new_layer_id();
  make_directories(announce_tree(store, id));
  const fs::path mark = store.tmp() / ("unlinked-" + id);
  fs::remove(mark);
  make_directories(mark);  // which unlink(2) does not remove
  BOOST_TEST(holds_text(complaint_of([&] { link_tree(store, diff_id, id); }), mark.string()));
  BOOST_TEST(!id_of_link(store, diff_id).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
