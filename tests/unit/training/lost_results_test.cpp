#include "training/lost_results.hpp"

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"
#include "run_fixture.hpp"
#include "training/result_file.hpp"

using namespace trainyard;
using namespace trainyard::training;

namespace {

struct LostResults : training::testing::RunFixture {
  fs::path digest_file = build() / "trainer.digest";
  fs::path image_stamp = build() / "trainer.stamp";
  fs::path result_file = build() / "train.result";
  fs::path run_stamp = build() / "train.stamp";

  RunSpec spec_of_digest_file() { return spec({{"image", "digest-file:" + digest_file.string()}}); }
  store::RunRecord finished_run(const store::Image& image) const {
    const oci::Digest blob = store.put_blob("model");
    store::RunRecord record{std::string(64, 'a'),  "train", image.digest, Json::object(), {}, {}, 1,
                            "2026-01-01T00:00:00Z"};
    record.outputs.push_back({"model", "model.bin", false, {{"", blob, 5, 0644, ""}}});
    store::put_run(store, record);
    write_result_file(result_file, record);
    return record;
  }
  static bool says_build_again(const Error& error) {
    return error.hint().find("build again") != std::string::npos;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(lost_results, LostResults)

BOOST_AUTO_TEST_CASE(the_stamp_of_an_image_stays_while_the_store_has_it_and_goes_with_it) {
  const store::Image image = put_image({});
  write_file_atomic(digest_file, image.digest.str() + "\n");
  touch(image_stamp);
  BOOST_TEST((require_run_image(store, spec_of_digest_file()).digest == image.digest));
  BOOST_TEST(fs::exists(image_stamp));
  fs::remove(store.blob(image.manifest.config.digest));
  BOOST_CHECK_EXCEPTION(require_run_image(store, spec_of_digest_file()), Error, says_build_again);
  BOOST_TEST(!fs::exists(image_stamp));
}

BOOST_AUTO_TEST_CASE(the_stamp_of_a_run_stays_while_its_outputs_are_there_and_goes_with_them) {
  const store::RunRecord record = finished_run(put_image({}));
  touch(run_stamp);
  BOOST_TEST(require_finished_run(store, spec(), result_file, LookAt::sizes).key == record.key);
  BOOST_TEST(fs::exists(run_stamp));
  fs::remove(store.blob(record.outputs.front().files.front().digest));
  BOOST_CHECK_EXCEPTION(require_finished_run(store, spec(), result_file, LookAt::sizes), Error,
                        says_build_again);
  BOOST_TEST(!fs::exists(run_stamp));
  BOOST_TEST(fs::exists(result_file));
}

BOOST_AUTO_TEST_CASE(damaged_outputs_are_found_and_removed_so_that_the_run_is_made_anew) {
  for (const auto& [content, look] :
       {std::pair("modem", LookAt::content), std::pair("mode", LookAt::sizes)}) {
    const store::RunRecord record = finished_run(put_image({}));
    const fs::path blob = store.blob(record.outputs.front().files.front().digest);
    BOOST_CHECK_NO_THROW(require_finished_run(store, spec(), result_file, LookAt::content));
    write_file_atomic(blob, content);
    touch(run_stamp);
    BOOST_CHECK_EXCEPTION(require_finished_run(store, spec(), result_file, look), Error,
                          says_build_again);
    BOOST_TEST(!fs::exists(run_stamp));
    BOOST_TEST(!fs::exists(blob));
  }
}

BOOST_AUTO_TEST_CASE(a_lost_run_on_a_lost_image_takes_both_stamps_along) {
  const store::Image image = put_image({});
  write_file_atomic(digest_file, image.digest.str() + "\n");
  touch(image_stamp);
  touch(run_stamp);
  const store::RunRecord record = finished_run(image);
  fs::remove_all(store::run_folder(store, record.key));
  fs::remove(store.blob(image.digest));
  BOOST_CHECK_THROW(require_finished_run(store, spec_of_digest_file(), result_file, LookAt::sizes),
                    Error);
  BOOST_TEST(!fs::exists(run_stamp));
  BOOST_TEST(!fs::exists(image_stamp));
}

BOOST_AUTO_TEST_SUITE_END()
