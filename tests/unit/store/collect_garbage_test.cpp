#include "store/collect_garbage.hpp"

#include <unistd.h>

#include <ctime>

#include "store/image_index.hpp"
#include "store/last_use.hpp"
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
