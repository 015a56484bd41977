#include "store/collect_garbage.hpp"

#include <unistd.h>

#include <chrono>
#include <ctime>

#include "base/error.hpp"
#include "base/lock_file.hpp"
#include "store/image_index.hpp"
#include "store/last_use.hpp"
#include "store/layer_links.hpp"
#include "store/roots.hpp"
#include "store/run_records.hpp"
#include "store/step_records.hpp"
#include "store/work_folder.hpp"
#include "store_fixture.hpp"

using namespace trainyard;
using namespace trainyard::store;

namespace {

struct GarbageFixture : StoreFixture {
  Collected collect() {
    ::usleep(20'000);  // the kernel's clock for files has ticks
    const Contents contents = read_contents(store, runner);
    return collect_garbage(store, runner, contents,
                           find_garbage(contents, {oldest_visit(store), std::nullopt}), 0);
  }
  RunRecord put_training(const std::string& output) {
    RunRecord record;
    record.key = std::string(64, 'a');
    record.target = "train";
    record.outputs = {
        {"model", "model", false, {{"", store.put_blob(output), output.size(), 0644, ""}}}};
    record.finished = "2026-01-01T00:00:00Z";
    put_run(store, record);
    return record;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(collecting_garbage, GarbageFixture)

BOOST_AUTO_TEST_CASE(everything_that_nothing_protects_goes_with_its_files) {
  const oci::LayerTar layer = make_layer("a", "1");
  const fs::path tree = find_tree(store, layer.diff_id).value();
  const Image image = make_image({layer}, {});
  const RunRecord run = put_training("model");
  store.put_blob("unnamed");
  collect();
  BOOST_TEST(!fs::exists(tree));
  BOOST_TEST(fs::is_empty(store.root() / "blobs/sha256"));
  BOOST_TEST(fs::is_empty(store.diffs()));
  BOOST_TEST(read_index(store).manifests.empty());
  BOOST_TEST(!find_run(store, run.key).has_value());
  BOOST_TEST(fs::is_empty(store.tmp()));
}

BOOST_AUTO_TEST_CASE(locks_that_nobody_holds_go) {
  const fs::path steps = store.locks() / "steps";
  { const LockFile over = LockFile::acquire(steps / "over"); }
  const LockFile held = LockFile::acquire(steps / "held");
  collect();
  BOOST_TEST(!fs::exists(steps / "over"));
  BOOST_TEST(fs::exists(steps / "held"));
}

BOOST_AUTO_TEST_CASE(tagged_images_stay_whole) {
  const oci::LayerTar layer = make_layer("a", "1");
  make_image({layer}, {"x"});
  BOOST_TEST(collect().removed.empty());
  BOOST_TEST(find_tree(store, layer.diff_id).has_value());
  BOOST_TEST(store.has_blob(layer.diff_id));
}

BOOST_AUTO_TEST_CASE(records_outlive_their_layers) {
  StepRecord step;
  step.diff_id = make_layer("a", "1").diff_id;
  put_step(store, "abcdef", step);
  BOOST_TEST(collect().removed.size() == 1U);
  BOOST_TEST(!store.has_blob(*step.diff_id));
  BOOST_TEST(find_step(store, "abcdef").has_value());
}

BOOST_AUTO_TEST_CASE(what_a_visitor_used_since_it_was_looked_at_stays) {
  const oci::LayerTar layer = make_layer("a", "1");
  const Image image = make_image({layer}, {});
  const RunRecord run = put_training("model");
  StepRecord step;
  step.diff_id = layer.diff_id;
  put_step(store, "abcdef", step);
  ::usleep(20'000);
  const Contents contents = read_contents(store, runner);
  const auto garbage = find_garbage(contents, {oldest_visit(store), std::nullopt});
  BOOST_TEST(garbage.size() == 3U);
  const Visit visit(store);
  find_step(store, "abcdef");
  find_image(store, image.digest.str());
  note_use(run_folder(store, run.key) / "record.json");
  const Collected collected = collect_garbage(store, runner, contents, garbage, 0);
  BOOST_TEST(collected.removed.empty());
  BOOST_TEST(collected.kept.size() == 3U);
  BOOST_TEST(find_tree(store, layer.diff_id).has_value());
  BOOST_TEST(store.has_blob(layer.diff_id));
  BOOST_TEST(find_image(store, image.digest.str()).has_value());
  BOOST_TEST(find_run(store, run.key).has_value());
  BOOST_TEST(store.has_blob(run.outputs[0].files[0].digest));
}

BOOST_AUTO_TEST_CASE(so_does_what_a_visitor_used_who_has_left_again) {
  const oci::LayerTar layer = make_layer("a", "1");
  StepRecord step;
  step.diff_id = layer.diff_id;
  put_step(store, "abcdef", step);
  ::usleep(20'000);
  const Contents contents = read_contents(store, runner);
  const auto garbage = find_garbage(contents, {oldest_visit(store), std::nullopt});
  BOOST_TEST(garbage.size() == 1U);
  ::usleep(20'000);
  {
    const Visit visit(store);
    find_step(store, "abcdef");
  }
  ::usleep(20'000);
  BOOST_TEST(collect_garbage(store, runner, contents, garbage, 0).removed.empty());
  BOOST_TEST(find_tree(store, layer.diff_id).has_value());
}

BOOST_AUTO_TEST_CASE(what_a_visitor_makes_is_never_garbage) {
  const Visit visit(store);
  ::usleep(20'000);
  const oci::Digest blob = store.put_blob("in flight");
  const oci::LayerTar layer = make_layer("a", "1");
  BOOST_TEST(collect().removed.empty());
  BOOST_TEST(store.has_blob(blob));
  BOOST_TEST(find_tree(store, layer.diff_id).has_value());
}

BOOST_AUTO_TEST_CASE(a_container_pins_its_image_however_long_it_runs) {
  const Image image = make_image({make_layer("a", "1")}, {});
  {
    const WorkFolder work(store);
    work.pin_image(image.digest);
    BOOST_TEST(collect().removed.empty());
  }
  BOOST_TEST(collect().removed.size() == 2U);
}

BOOST_AUTO_TEST_CASE(an_image_that_got_a_tag_in_the_meantime_stays) {
  const Image image = make_image({make_layer("a", "1")}, {});
  ::usleep(20'000);
  const Contents contents = read_contents(store, runner);
  const auto garbage = find_garbage(contents, {oldest_visit(store), std::nullopt});
  tag_image(store, image.digest, oci::Reference::parse("x"));
  collect_garbage(store, runner, contents, garbage, 0);
  BOOST_TEST(find_image(store, "x").has_value());
  BOOST_TEST(store.has_blob(image.config.diff_ids[0]));
}

BOOST_AUTO_TEST_CASE(while_an_image_cannot_be_read_all_layers_stay) {
  const oci::LayerTar layer = make_layer("a", "1");
  const Image image = make_image({layer}, {"x"});
  spoil(store.blob(image.manifest.config.digest), 3);
  BOOST_TEST(collect().removed.empty());
  BOOST_TEST(find_tree(store, layer.diff_id).has_value());
  BOOST_TEST(store.has_blob(layer.diff_id));
}

BOOST_AUTO_TEST_CASE(a_failed_try_stays_while_a_shell_has_it_open) {
  const std::string key(64, 'b');
  write_file_atomic(run_folder(store, key) / "failed/work/file", "1");
  {
    const WorkFolder work(store);
    work.pin_run(key);
    BOOST_TEST(collect().removed.empty());
  }
  collect();
  BOOST_TEST(!fs::exists(run_folder(store, key)));
}

BOOST_AUTO_TEST_CASE(a_try_that_failed_since_it_was_looked_at_stays) {
  const fs::path failed = run_folder(store, std::string(64, 'b')) / "failed";
  write_file_atomic(failed / "work/file", "1");
  ::usleep(20'000);
  const Contents contents = read_contents(store, runner);
  const auto garbage = find_garbage(contents, {oldest_visit(store), std::nullopt});
  BOOST_TEST(garbage.size() == 2U);
  write_file_atomic(failed / "spec.json", "another");
  BOOST_TEST(collect_garbage(store, runner, contents, garbage, 0).removed.empty());
  BOOST_TEST(fs::exists(failed / "work/file"));
}

BOOST_AUTO_TEST_CASE(what_is_an_output_and_a_layer_stays_for_either) {
  const oci::LayerTar layer = make_layer("a", "1");
  make_image({layer}, {"x"});
  put_training(read_file(store.blob(layer.diff_id)));
  collect();
  BOOST_TEST(store.has_blob(layer.diff_id));
  RunRecord kept = put_training(read_file(store.blob(layer.diff_id)));
  put_root(store, {TargetKind::run, "train", folder.path(), kept.key, "spec", {}});
  remove_image(store, runner, "x");
  collect();
  BOOST_TEST(store.has_blob(layer.diff_id));
}

BOOST_AUTO_TEST_CASE(a_tree_without_a_name_stays_while_a_container_may_have_it_open) {
  const Image image = make_image({}, {"x"});
  const fs::path tree = make_tree("a", "1");
  unmark_unlinked(store, tree.filename().string());
  {
    const WorkFolder work(store);
    work.pin_image(image.digest);
    BOOST_TEST(collect().removed.empty());
  }
  BOOST_TEST(collect().removed.size() == 1U);
  BOOST_TEST(!fs::exists(tree));
}

BOOST_AUTO_TEST_CASE(records_of_folders_and_build_trees_that_nobody_needs_are_forgotten) {
  const fs::path fingerprints = store.fingerprints() / "one";
  write_file_atomic(fingerprints, "1");
  const RunRecord run = put_training("model");
  const fs::path build_dir = folder.path() / "build";
  fs::create_directory(build_dir);
  put_root(store, {TargetKind::run, "kept", build_dir, run.key, "spec", {}});
  put_root(store, {TargetKind::run, "gone", build_dir, std::string(64, 'c'), "spec", {}});
  fs::remove(build_dir);
  ::usleep(20'000);
  collect_garbage(store, runner, read_contents(store, runner), {}, file_clock_now());
  BOOST_TEST(!fs::exists(fingerprints));
  const auto left = list_gone_roots(store);
  BOOST_REQUIRE(left.size() == 1U);
  BOOST_TEST(left[0].second.target == "kept");
}

BOOST_AUTO_TEST_CASE(a_run_whose_lock_cannot_be_asked_for_is_an_error_and_not_one_that_goes_on) {
  const RunRecord run = put_training("model");
  fs::create_symlink("lock", run_lock(run_folder(store, run.key)));
  BOOST_CHECK_THROW(read_contents(store, runner), Error);
}

BOOST_AUTO_TEST_CASE(what_killed_processes_left_beside_records_goes) {
  const fs::path old = store.steps() / "ab/.abcdef.json.12345678";
  const fs::path fresh = store.fingerprints() / ".one.12345678";
  touch(old);
  touch(fresh);
  fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::minutes(2));
  collect();
  BOOST_TEST(!fs::exists(old));
  BOOST_TEST(fs::exists(fresh));
}

BOOST_AUTO_TEST_CASE(old_records_without_a_layer_are_forgotten) {
  put_step(store, "abcdef", {});
  ::usleep(20'000);
  const Contents contents = read_contents(store, runner);
  collect_garbage(store, runner, contents, {}, 0);
  BOOST_TEST(find_step(store, "abcdef").has_value());
  ::usleep(20'000);
  collect_garbage(store, runner, read_contents(store, runner), {}, file_clock_now());
  BOOST_TEST(!find_step(store, "abcdef").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
