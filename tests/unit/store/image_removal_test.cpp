#include <unistd.h>

#include <algorithm>

#include "store/image_index.hpp"
#include "store/last_use.hpp"
#include "store/run_records.hpp"
#include "store/step_records.hpp"
#include "store/work_folder.hpp"
#include "store_fixture.hpp"

using namespace trainyard;
using namespace trainyard::store;

namespace {
bool has_line(const std::vector<std::string>& lines, const std::string& part) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return holds_text(line, part); });
}
}  // namespace

BOOST_FIXTURE_TEST_SUITE(removing_images, StoreFixture)

BOOST_AUTO_TEST_CASE(one_tag_of_several_goes_alone) {
  const oci::LayerTar layer = make_layer("a", "1");
  const Image image = make_image({layer}, {"x:1", "x:2"});
  const auto lines = remove_image(store, runner, "x:1");
  BOOST_TEST((lines == std::vector<std::string>{"untagged: x:1"}));
  BOOST_TEST(!find_image(store, "x:1").has_value());
  BOOST_TEST((find_image(store, "x:2").value().digest == image.digest));
  BOOST_TEST(store.has_blob(layer.diff_id));
}

BOOST_AUTO_TEST_CASE(an_error_on_the_way_says_that_gc_takes_the_rest) {
  make_image({make_layer("a", "1")}, {"x"});
  FailingRunner failing("store.remove");
  const auto told = complaint_of([&] { remove_image(store, failing, "x"); });
  BOOST_TEST(holds_text(told, "writing /disk"));
  BOOST_TEST(holds_text(told, "off the list already, and `trainyard gc` removes what is left"));
  BOOST_TEST(!find_image(store, "x").has_value());
}

BOOST_AUTO_TEST_CASE(with_its_last_tag_an_image_and_its_own_layers_go) {
  const oci::LayerTar shared = make_layer("shared", "1");
  const oci::LayerTar own = make_layer("own", "2");
  const Image removed = make_image({shared, own}, {"x"});
  const Image kept = make_image({shared}, {"y"});
  const fs::path own_tree = find_tree(store, own.diff_id).value();
  const auto lines = remove_image(store, runner, "x");
  BOOST_TEST(has_line(lines, "untagged: x:latest"));
  BOOST_TEST(has_line(lines, removed.digest.str()));
  BOOST_TEST(has_line(lines, own.diff_id.str()));
  BOOST_TEST(has_line(lines, "kept: 1 layer"));
  BOOST_TEST(!fs::exists(own_tree));
  BOOST_TEST(!store.has_blob(own.diff_id));
  BOOST_TEST(!store.has_blob(removed.digest));
  BOOST_TEST(!store.has_blob(removed.manifest.config.digest));
  BOOST_TEST(find_tree(store, shared.diff_id).has_value());
  BOOST_TEST(store.has_blob(shared.diff_id));
  BOOST_TEST((require_image(store, "y").digest == kept.digest));
}

BOOST_AUTO_TEST_CASE(by_digest_all_tags_go) {
  const Image image = make_image({}, {"x:1", "x:2"});
  const auto lines = remove_image(store, runner, image.digest.str());
  BOOST_TEST(has_line(lines, "untagged: x:1"));
  BOOST_TEST(has_line(lines, "untagged: x:2"));
  BOOST_TEST(read_index(store).manifests.empty());
}

BOOST_AUTO_TEST_CASE(other_blobs_and_step_records_stay) {
  const oci::Digest output = store.put_blob("a model");
  const oci::LayerTar layer = make_layer("a", "1");
  StepRecord step;
  step.diff_id = layer.diff_id;
  put_step(store, "abcdef", step);
  make_image({layer}, {"x"});
  remove_image(store, runner, "x");
  BOOST_TEST(store.has_blob(output));
  BOOST_TEST(find_step(store, "abcdef").has_value());
}

BOOST_AUTO_TEST_CASE(an_image_that_a_container_has_open_stays) {
  const oci::LayerTar layer = make_layer("a", "1");
  const Image image = make_image({layer}, {"x"});
  {
    const WorkFolder work(store);
    work.pin_image(image.digest);
    BOOST_TEST(holds_text(complaint_of([&] { remove_image(store, runner, "x"); }),
                          "a container that is running has it open"));
    BOOST_TEST(find_image(store, "x").has_value());
  }
  remove_image(store, runner, "x");
  BOOST_TEST(!store.has_blob(layer.diff_id));
}

BOOST_AUTO_TEST_CASE(an_image_that_a_build_uses_loses_its_tags_and_keeps_its_layers) {
  const oci::LayerTar base = make_layer("a", "1");  // imported: no step's record names it
  const Image image = make_image({base}, {"x"});
  ::usleep(20'000);
  {
    const Visit visit(store);
    BOOST_REQUIRE(find_image(store, "x").has_value());
    const auto lines = remove_image(store, runner, "x");
    BOOST_TEST(has_line(lines, "untagged: x:latest"));
    BOOST_TEST(has_line(lines, "a build or run that goes on may use"));
    BOOST_TEST(!has_line(lines, "deleted"));
    BOOST_TEST(find_tree(store, base.diff_id).has_value());
    BOOST_TEST(store.has_blob(base.diff_id));
    BOOST_TEST(!find_image(store, "x").has_value());
  }
  ::usleep(20'000);
  BOOST_TEST(has_line(remove_image(store, runner, image.digest.str()), "deleted layer"));
}

BOOST_AUTO_TEST_CASE(an_image_that_is_made_again_meanwhile_is_whole) {
  const oci::LayerTar layer = make_layer("a", "1");
  const Image image = make_image({layer}, {"x"});
  const fs::path tar = folder.path() / "layer.tar";
  write_file_atomic(tar, read_file(store.blob(layer.diff_id)));
  InterruptedRunner interrupted(runner, [&](const std::string&) {
    const Visit visit(store);
    make_image({take_layer(store, runner, tar)}, {"x"});
  });
  remove_image(store, interrupted, "x");
  BOOST_TEST((require_image(store, "x").digest == image.digest));
  BOOST_TEST(ensure_tree(store, runner, image.config.diff_ids[0]).has_value());
}

BOOST_AUTO_TEST_CASE(what_a_run_wrote_stays_though_it_is_a_layer_too) {
  const oci::LayerTar layer = make_layer("a", "1");
  RunRecord record;
  record.key = std::string(64, 'a');
  record.outputs = {{"tar", "tar", false, {{"", layer.diff_id, layer.size, 0644, ""}}}};
  put_run(store, record);
  make_image({layer}, {"x"});
  remove_image(store, runner, "x");
  BOOST_TEST(store.has_blob(layer.diff_id));
}

BOOST_AUTO_TEST_CASE(an_unknown_image_is_an_error) {
  make_image({}, {"trainer"});
  BOOST_TEST(holds_text(complaint_of([&] { remove_image(store, runner, "trainre"); }),
                        "did you mean \"trainer\"?"));
}

BOOST_AUTO_TEST_CASE(a_damaged_image_can_be_removed_and_its_layers_stay) {
  const oci::LayerTar layer = make_layer("a", "1");
  const Image image = make_image({layer}, {"x"});
  spoil(store.blob(image.digest), 3);
  const auto lines = remove_image(store, runner, "x");
  BOOST_TEST(has_line(lines, "damaged"));
  BOOST_TEST(read_index(store).manifests.empty());
  BOOST_TEST(store.has_blob(layer.diff_id));
}

BOOST_AUTO_TEST_CASE(what_a_damaged_other_image_uses_is_unknown_so_layers_stay) {
  const oci::LayerTar layer = make_layer("a", "1");
  make_image({layer}, {"x"});
  const Image other = make_image({layer}, {"y"}, "me");
  spoil(store.blob(other.digest), 3);
  BOOST_TEST(has_line(remove_image(store, runner, "x"), "kept: its layers"));
  BOOST_TEST(store.has_blob(layer.diff_id));
}

BOOST_AUTO_TEST_SUITE_END()
