#include "store/roots.hpp"

#include <unistd.h>

#include "base/sha256.hpp"
#include "store/run_records.hpp"
#include "store_fixture.hpp"

using namespace trainyard;
using namespace trainyard::store;

namespace {

struct RootsFixture : StoreFixture {
  fs::path before = fs::current_path();
  fs::path first = make_build("first");
  fs::path second = make_build("second");
  ~RootsFixture() { fs::current_path(before); }

  fs::path make_build(const std::string& name) const {
    make_directories(folder.path() / name / "sub");
    return fs::canonical(folder.path() / name);
  }
  void put(TargetKind kind, const std::string& target, const fs::path& build,
           const std::string& value) {
    put_root(store,
             {kind, target, build, value, build / (target + ".json"), {build / "models" / target}});
  }
  std::string value_of(TargetKind kind, const std::string& name) {
    const auto found = find_root(store, kind, name);
    return found ? found->value : "";
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(roots, RootsFixture)

BOOST_AUTO_TEST_CASE(a_target_comes_back) {
  put(TargetKind::run, "train", first, "key");
  const auto all = list_roots(store);
  BOOST_REQUIRE(all.size() == 1U);
  BOOST_TEST((all[0].kind == TargetKind::run));
  BOOST_TEST(all[0].target == "train");
  BOOST_TEST(all[0].build_dir == first);
  BOOST_TEST(all[0].value == "key");
  BOOST_TEST(all[0].spec == first / "train.json");
  BOOST_TEST((all[0].outputs == std::vector<fs::path>{first / "models/train"}));
}

BOOST_AUTO_TEST_CASE(a_later_value_replaces_and_an_equal_one_writes_nothing) {
  put(TargetKind::image, "img", first, "sha256:1");
  put(TargetKind::image, "img", first, "sha256:2");
  BOOST_TEST(list_roots(store).size() == 1U);
  BOOST_TEST(value_of(TargetKind::image, "img") == "sha256:2");
}

BOOST_AUTO_TEST_CASE(a_build_tree_that_is_gone_has_no_targets) {
  put(TargetKind::run, "train", first, "key");
  fs::remove_all(first);
  BOOST_TEST(list_roots(store).empty());
  BOOST_TEST(!find_root(store, TargetKind::run, "train").has_value());
}

BOOST_AUTO_TEST_CASE(a_build_tree_that_cannot_be_looked_at_is_not_gone) {
  put(TargetKind::image, "trainer", first, "sha256:1");
  fs::remove_all(first);
  fs::create_symlink(first, first);
  BOOST_TEST(list_roots(store).size() == 1U);
}

BOOST_AUTO_TEST_CASE(images_and_runs_of_one_name_are_told_apart) {
  put(TargetKind::image, "x", first, "sha256:1");
  put(TargetKind::run, "x", first, "key");
  BOOST_TEST(value_of(TargetKind::image, "x") == "sha256:1");
  BOOST_TEST(value_of(TargetKind::run, "x") == "key");
}

BOOST_AUTO_TEST_CASE(of_several_build_trees_the_one_around_the_current_folder_counts) {
  put(TargetKind::run, "train", first, "one");
  put(TargetKind::run, "train", second, "two");
  fs::current_path(second / "sub");
  BOOST_TEST(value_of(TargetKind::run, "train") == "two");
  fs::current_path(first);
  BOOST_TEST(value_of(TargetKind::run, "train") == "one");
  fs::current_path("/");
  const std::string text = complaint_of([&] { find_root(store, TargetKind::run, "train"); });
  BOOST_TEST(holds_text(text, "train@" + first.string()));
  BOOST_TEST(holds_text(text, "train@" + second.string()));
}

BOOST_AUTO_TEST_CASE(a_build_tree_can_be_said) {
  put(TargetKind::run, "train", first, "one");
  put(TargetKind::run, "train", second, "two");
  fs::current_path("/");
  BOOST_TEST(value_of(TargetKind::run, "train@" + second.string()) == "two");
  fs::current_path(folder.path());
  BOOST_TEST(value_of(TargetKind::run, "train@first/") == "one");
  fs::create_directory_symlink(first, folder.path() / "link");
  BOOST_TEST(value_of(TargetKind::run, "train@link") == "one");
  BOOST_TEST(value_of(TargetKind::run, "train@nowhere") == "");
}

BOOST_AUTO_TEST_CASE(the_path_of_an_output_or_of_a_file_in_it_names_its_run) {
  put(TargetKind::run, "train", first, "one");
  fs::current_path("/");
  BOOST_TEST(value_of(TargetKind::run, (first / "models/train").string()) == "one");
  BOOST_TEST(value_of(TargetKind::run, (first / "models/train/part.bin").string()) == "one");
  BOOST_TEST(value_of(TargetKind::run, (first / "models").string()) == "");
  fs::current_path(first / "sub");
  BOOST_TEST(value_of(TargetKind::run, "../models/train") == "one");
}

BOOST_AUTO_TEST_CASE(a_run_is_named_by_target_or_by_the_digits_of_its_key) {
  const std::string key = sha256_hex("run");
  make_directories(run_folder(store, key));
  put(TargetKind::run, "train", first, key);
  BOOST_TEST(require_run_key(store, "train") == key);
  BOOST_TEST(require_run_key(store, key) == key);
  BOOST_TEST(require_run_key(store, key.substr(0, 6)) == key);
  const std::string text = complaint_of([&] { require_run_key(store, "tain"); });
  BOOST_TEST(holds_text(text, "did you mean \"train\"?"));
  BOOST_CHECK_THROW(require_run_key(store, key.substr(0, 5)), Error);
  BOOST_CHECK_THROW(require_run_key(store, "../.."), Error);
}

BOOST_AUTO_TEST_CASE(digits_of_several_keys_are_an_error_that_lists_them) {
  make_directories(store.runs() / "ab" / ("abcdef1" + std::string(57, '0')));
  make_directories(store.runs() / "ab" / ("abcdef2" + std::string(57, '0')));
  BOOST_TEST(holds_text(complaint_of([&] { require_run_key(store, "abcdef"); }),
                        "abcdef100000, abcdef200000"));
}

BOOST_AUTO_TEST_CASE(a_damaged_root_is_left_out) {
  put(TargetKind::run, "train", first, "one");
  for (const auto& entry : fs::recursive_directory_iterator(store.roots()))
    if (entry.path().extension() == ".json") spoil(entry.path(), 20);
  BOOST_TEST(list_roots(store).empty());
}

BOOST_AUTO_TEST_SUITE_END()
