#include "store/check.hpp"

#include <unistd.h>

#include "base/lock_file.hpp"
#include "store/image_index.hpp"
#include "store/last_use.hpp"
#include "store/layer_links.hpp"
#include "store/run_records.hpp"
#include "store/step_records.hpp"
#include "store_fixture.hpp"

using namespace trainyard;
using namespace trainyard::store;

namespace {

struct CheckFixture : StoreFixture {
  oci::LayerTar layer = make_layer("a", "content of a");
  Image image = make_image({layer}, {"x"});

  CheckFixture() {
    StepRecord step;
    step.diff_id = layer.diff_id;
    put_step(store, "abcdef", step);
    RunRecord record;
    record.key = std::string(64, 'a');
    record.target = "train";
    record.outputs = {{"model", "model.bin", false, {{"", store.put_blob("model"), 5, 0644, ""}}}};
    put_run(store, record);
  }
  fs::path tree() const { return find_tree(store, layer.diff_id).value(); }
  fs::path model() const { return store.blob(oci::Digest::of("model")); }
  fs::path run_record() const { return run_folder(store, std::string(64, 'a')) / "record.json"; }
  CheckReport check(Mending mending = Mending::yes) { return check_store(store, runner, mending); }
  /// The same files as a tar whose bytes we would not write: padded by one more block of zeros.
  std::string foreign_tar() const {
    return read_file(store.blob(layer.diff_id)) + std::string(10240, '\0');
  }
  oci::Digest take_foreign_layer() {
    const fs::path file = folder.path() / "foreign.tar";
    write_file_atomic(file, foreign_tar());
    return take_layer(store, runner, file).diff_id;
  }
  /// One finding whose text holds `part`, mended: nothing the second time.
  void mends(const std::string& part) {
    const CheckReport named = check(Mending::no);
    BOOST_REQUIRE(!named.findings.empty());
    const CheckReport found = check();
    BOOST_REQUIRE(!found.findings.empty());
    const Finding& first = found.findings[0];
    BOOST_TEST_CONTEXT(first.subject + ": " + first.what + ": " + first.outcome) {
      BOOST_TEST(holds_text(first.subject + ": " + first.what + ": " + first.outcome, part));
    }
    BOOST_TEST(check().findings.empty());
  }
};

void flip(const fs::path& path) {
  std::string text = read_file(path);
  text[text.size() / 2] = static_cast<char>(text[text.size() / 2] ^ 1);
  write_file_atomic(path, text);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(checking, CheckFixture)

BOOST_AUTO_TEST_CASE(a_whole_store_has_no_findings_and_everything_was_read) {
  const CheckReport report = check();
  BOOST_TEST(report.findings.empty());
  BOOST_TEST(report.blobs == 4U);
  BOOST_TEST(report.trees == 1U);
  BOOST_TEST(report.runs == 1U);
  BOOST_TEST(report.images == 1U);
}

BOOST_AUTO_TEST_CASE(a_flipped_layer_is_written_again_from_its_tree) {
  const std::string before = read_file(store.blob(layer.diff_id));
  flip(store.blob(layer.diff_id));
  mends("written again from its layer tree");
  BOOST_TEST(read_file(store.blob(layer.diff_id)) == before);
}

BOOST_AUTO_TEST_CASE(a_layer_that_cannot_be_written_again_now_stays_for_the_next_check) {
  flip(store.blob(layer.diff_id));
  FailingRunner full("store.tar");
  const CheckReport report = check_store(store, full, Mending::yes);
  BOOST_REQUIRE(!report.findings.empty());
  BOOST_TEST(holds_text(report.findings[0].outcome, "could not be mended: writing /disk"));
  BOOST_TEST(holds_text(report.findings[0].outcome, "make room"));
  BOOST_TEST(store.has_blob(layer.diff_id));
  mends("written again from its layer tree");
}

BOOST_AUTO_TEST_CASE(a_changed_tree_is_removed_and_unpacked_again) {
  write_file_atomic(tree() / "a", "another content");
  mends("its files are not those of its layer");
  BOOST_TEST(!find_tree(store, layer.diff_id).has_value());
  const fs::path again = ensure_tree(store, runner, layer.diff_id).value();
  BOOST_TEST(read_file(again / "a") == "content of a");
}

BOOST_AUTO_TEST_CASE(a_layer_of_another_tool_is_compared_by_what_it_unpacks_to) {
  const oci::Digest taken = take_foreign_layer();
  BOOST_REQUIRE((taken != layer.diff_id));
  BOOST_TEST(check().findings.empty());
  write_file_atomic(find_tree(store, taken).value() / "b", "more");
  mends("its files are not those of its layer");
}

BOOST_AUTO_TEST_CASE(the_tree_of_another_tools_damaged_layer_becomes_no_second_layer) {
  const oci::Digest taken = take_foreign_layer();
  write_file_atomic(find_tree(store, taken).value() / "b", "so that our tar is a new one");
  flip(store.blob(taken));
  check();
  BOOST_TEST(linked_layers(store).size() == 2U);
  BOOST_TEST(!store.has_blob(taken));
  BOOST_TEST(find_tree(store, taken).has_value());
}

BOOST_AUTO_TEST_CASE(a_layer_that_is_written_anew_meanwhile_stays) {
  const oci::Digest taken = take_foreign_layer();
  const std::string content = read_file(store.blob(taken));
  flip(store.blob(taken));
  InterruptedRunner interrupted(runner, [&](const std::string& job) {
    if (job == "store.tar") write_file_atomic(store.blob(taken), content);
  });
  const CheckReport report = check_store(store, interrupted, Mending::yes);
  BOOST_REQUIRE(report.findings.size() == 1U);
  BOOST_TEST(holds_text(report.findings[0].outcome, "made anew"));
  BOOST_TEST(read_file(store.blob(taken)) == content);
}

BOOST_AUTO_TEST_CASE(a_tree_as_damaged_as_its_blob_is_not_taken_for_whole) {
  write_file_atomic(tree() / "a", "another content");
  flip(store.blob(layer.diff_id));
  check();
  BOOST_TEST(!store.has_blob(layer.diff_id));
  BOOST_TEST(!find_tree(store, layer.diff_id).has_value());
}

BOOST_AUTO_TEST_CASE(a_damaged_tree_that_a_build_may_be_working_in_is_taken_out_of_use) {
  write_file_atomic(tree() / "a", "another content");
  const Visit visit(store);
  ::usleep(20'000);
  const CheckReport report = check();
  BOOST_REQUIRE(report.findings.size() == 1U);
  BOOST_TEST(holds_text(report.findings[0].outcome, "gc removes it later"));
  BOOST_TEST(!find_tree(store, layer.diff_id).has_value());
  const fs::path left = fs::directory_iterator(store.layers())->path();
  BOOST_TEST(read_file(left / "a") == "another content");
}

BOOST_AUTO_TEST_CASE(a_link_without_a_tree_is_removed) {
  runner.call("store.remove", {{"paths", {tree().string()}}});
  mends("its name leads to no folder");
}

BOOST_AUTO_TEST_CASE(a_damaged_record_is_removed) {
  const fs::path record = store.steps() / "ab/abcdef.json";
  flip(record);
  mends("the step is done again");
  BOOST_TEST(!fs::exists(record));
}

BOOST_AUTO_TEST_CASE(a_damaged_output_takes_the_run_with_it) {
  flip(model());
  const CheckReport report = check();
  BOOST_REQUIRE(report.findings.size() == 2U);
  BOOST_TEST(holds_text(report.findings[1].what, "model.bin"));
  BOOST_TEST(!fs::exists(run_record()));
  BOOST_TEST(check().findings.empty());
}

BOOST_AUTO_TEST_CASE(a_run_that_is_trained_anew_meanwhile_keeps_its_record) {
  flip(model());
  InterruptedRunner interrupted(runner,
                                [&](const std::string&) { write_file_atomic(model(), "model"); });
  BOOST_TEST(check_store(store, interrupted, Mending::yes).findings.size() == 1U);
  BOOST_TEST(fs::exists(run_record()));
}

BOOST_AUTO_TEST_CASE(the_record_of_a_run_that_is_being_trained_is_left_to_it) {
  spoil(run_record(), 20);
  const LockFile keepers = LockFile::acquire(run_record().parent_path() / "lock");
  const CheckReport report = check();
  BOOST_REQUIRE(report.findings.size() == 1U);
  BOOST_TEST(holds_text(report.findings[0].outcome, "it is being trained anew"));
  BOOST_TEST(fs::exists(run_record()));
}

BOOST_AUTO_TEST_CASE(a_truncated_record_of_a_run_is_named) {
  spoil(run_record(), 20);
  mends("the next build trains it anew");
}

BOOST_AUTO_TEST_CASE(a_damaged_manifest_takes_the_image_off_the_list) {
  flip(store.blob(image.digest));
  check();
  BOOST_TEST(read_index(store).manifests.empty());
  BOOST_TEST(check().findings.empty());
}

BOOST_AUTO_TEST_CASE(a_damaged_list_of_images_is_written_again_from_the_manifests) {
  spoil(store.root() / "index.json", 30);
  mends("written again with the 1 images");
  BOOST_TEST(find_image(store, image.digest.str()).has_value());
}

BOOST_AUTO_TEST_CASE(a_list_of_images_that_somebody_mended_meanwhile_is_left_alone) {
  const auto aside = replace_damaged_index(store, [] { return oci::Index(); });
  BOOST_TEST(!aside.has_value());
  BOOST_TEST(find_image(store, "x").has_value());
}

BOOST_AUTO_TEST_CASE(a_layer_that_is_gone_is_written_again_from_its_tree) {
  const std::string before = read_file(store.blob(layer.diff_id));
  fs::remove(store.blob(layer.diff_id));
  mends("written again from its layer tree");
  BOOST_TEST(read_file(store.blob(layer.diff_id)) == before);
}

BOOST_AUTO_TEST_CASE(a_layer_that_is_gone_is_named_until_the_image_is_made_again) {
  const std::string id = unlink_tree(store, layer.diff_id).value();
  runner.call("store.remove",
              {{"paths", {layer_tree(store, id).string(), store.blob(layer.diff_id).string()}}});
  const CheckReport report = check();
  BOOST_REQUIRE(report.findings.size() == 1U);
  BOOST_TEST(holds_text(report.findings[0].subject, "image x:latest"));
  BOOST_TEST(holds_text(report.findings[0].what, layer.diff_id.str()));
  BOOST_TEST(holds_text(report.findings[0].outcome, "build or import it again"));
  BOOST_TEST(check().findings.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_dry_run_changes_nothing) {
  flip(store.blob(layer.diff_id));
  const std::string before = read_file(store.blob(layer.diff_id));
  BOOST_TEST(!check(Mending::no).findings.empty());
  BOOST_TEST(read_file(store.blob(layer.diff_id)) == before);
}

BOOST_AUTO_TEST_SUITE_END()
