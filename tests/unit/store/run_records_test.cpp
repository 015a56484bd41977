#include "store/run_records.hpp"

#include <cmath>
#include <limits>

#include "base/sha256.hpp"
#include "store_fixture.hpp"

using namespace trainyard;
using namespace trainyard::store;

namespace {

RunRecord a_run(const std::string& name, const std::string& finished = "2024-01-01T00:00:00Z") {
  return {.key = sha256_hex(name),
          .target = name,
          .image = oci::Digest::of("manifest"),
          .spec = {{"command", {"train"}}},
          .outputs = {{"model", "model.bin", false, {{"", oci::Digest::of("m"), 1, 0600, ""}}},
                      {"logs",
                       "logs",
                       true,
                       {{"a", oci::Digest::of("a"), 1, 0644, ""},
                        {"b", oci::Digest::of("a"), 1, 0777, "a"}}}},
          .metrics = {{"accuracy", 0.97}, {"loss", std::numeric_limits<double>::quiet_NaN()}},
          .seconds = 12.5,
          .finished = finished};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(run_records, StoreFixture)

BOOST_AUTO_TEST_CASE(a_run_comes_back) {
  RunRecord run = a_run("train");
  run.undeclared = {"logs/a", "new\nline"};
  put_run(store, run);
  const auto found = find_run(store, run.key);
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->target == "train");
  BOOST_TEST((found->image == run.image));
  BOOST_TEST((found->spec == run.spec));
  BOOST_TEST(found->seconds == 12.5);
  BOOST_TEST(found->finished == run.finished);
  BOOST_TEST(found->metrics.at("accuracy") == 0.97);
  BOOST_TEST(std::isnan(found->metrics.at("loss")));
  BOOST_REQUIRE(found->outputs.size() == 2U);
  BOOST_TEST(found->outputs[1].folder);
  BOOST_TEST(found->outputs[1].files[1].link == "a");
  BOOST_TEST(found->outputs[0].files[0].mode == 0600U);
  BOOST_TEST((found->undeclared == run.undeclared));
  BOOST_TEST((result_digest(*found) == result_digest(run)));
  BOOST_TEST((run_folder(store, run.key) == store.runs() / run.key.substr(0, 2) / run.key));
}

BOOST_AUTO_TEST_CASE(a_run_without_a_whole_record_is_not_there) {
  const RunRecord run = a_run("train");
  const fs::path file = run_folder(store, run.key) / "record.json";
  BOOST_TEST(!find_run(store, run.key).has_value());
  make_directories(run_folder(store, run.key));
  write_file_atomic(run_folder(store, run.key) / "log", "going on");
  BOOST_TEST(!find_run(store, run.key).has_value());
  put_run(store, run);
  spoil(file, 100);
  BOOST_TEST(!find_run(store, run.key).has_value());
  BOOST_TEST(list_runs(store).empty());
}

BOOST_AUTO_TEST_CASE(a_record_of_another_key_is_not_taken) {
  const RunRecord run = a_run("train");
  put_run(store, run);
  const std::string other = sha256_hex("other");
  make_directories(run_folder(store, other));
  fs::copy_file(run_folder(store, run.key) / "record.json",
                run_folder(store, other) / "record.json");
  BOOST_TEST(!find_run(store, other).has_value());
}

BOOST_AUTO_TEST_CASE(runs_are_listed_newest_first) {
  put_run(store, a_run("first", "2024-01-01T00:00:00Z"));
  put_run(store, a_run("third", "2025-01-01T00:00:00Z"));
  put_run(store, a_run("second", "2024-12-31T23:59:59Z"));
  const std::vector<std::string> expected{sha256_hex("third"), sha256_hex("second"),
                                          sha256_hex("first")};
  BOOST_TEST((list_runs(store) == expected));
}

BOOST_AUTO_TEST_CASE(the_result_digest_is_of_the_outputs_alone_in_any_order) {
  const RunRecord run = a_run("train");
  RunRecord same = a_run("another name");
  std::swap(same.outputs[0], same.outputs[1]);
  std::swap(same.outputs[0].files[0], same.outputs[0].files[1]);
  same.seconds = 99;
  same.metrics.clear();
  BOOST_TEST((result_digest(run) == result_digest(same)));
  for (const auto& change : std::vector<void (*)(RunRecord&)>{
           [](RunRecord& r) { r.outputs[0].files[0].digest = oci::Digest::of("other"); },
           [](RunRecord& r) { r.outputs[0].files[0].mode = 0755; },
           [](RunRecord& r) { r.outputs[1].files[1].link = "c"; },
           [](RunRecord& r) { r.outputs[1].files[0].path = "c"; },
           [](RunRecord& r) { r.outputs[1].files.pop_back(); },
           [](RunRecord& r) { r.outputs[0].path = "elsewhere"; },
           [](RunRecord& r) { r.outputs.pop_back(); }}) {
    RunRecord changed = run;
    change(changed);
    BOOST_TEST((result_digest(changed) != result_digest(run)));
  }
}

BOOST_AUTO_TEST_CASE(a_file_name_that_is_not_utf8_is_refused_not_changed) {
  RunRecord run = a_run("train");
  run.outputs[0].files[0].path = "\xff";
  BOOST_CHECK_THROW(put_run(store, run), Error);
  BOOST_TEST(!find_run(store, run.key).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
