#include "training/series.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "event_records.hpp"
#include "run_fixture.hpp"

using namespace trainyard;
using namespace trainyard::training;
using trainyard::training::testing::from_hex;

namespace {

struct RunOfFiles : training::testing::RunFixture {
  store::RunRecord record{.key = "k",
                          .target = "t",
                          .image = oci::Digest::from_hex(std::string(64, '0')),
                          .spec = Json::object()};
  std::vector<std::string> warnings;

  store::OutputFile blob(const std::string& path, const std::string& bytes) {
    const oci::Digest digest = oci::Digest::from_hex(sha256_hex(bytes));
    write_file_atomic(store.blob(digest), bytes);
    return {path, digest, bytes.size(), 0644, ""};
  }
  void file(const std::string& path, const std::string& bytes) {
    record.outputs.push_back({path, path, false, {blob("", bytes)}});
    record.plots.push_back(path);
  }
  void folder(const std::string& path, const std::map<std::string, std::string>& files) {
    store::Output output{path, path, true, {}};
    for (const auto& [name, bytes] : files) output.files.push_back(blob(name, bytes));
    record.outputs.push_back(output);
    record.plots.push_back(path);
  }
  std::map<std::string, Series> series(const std::vector<std::string>& more = {}) {
    std::map<std::string, Series> found;
    for (Series& one : read_series(store, record, more,
                                   [this](const std::string& text) { warnings.push_back(text); }))
      found[one.name] = one;
    return found;
  }
  std::map<std::string, double> metrics(const std::vector<std::string>& paths) {
    return read_metrics(store, record.outputs, paths,
                        [this](const std::string& text) { warnings.push_back(text); });
  }
};

std::vector<double> values(const Series& series) {
  std::vector<double> all;
  for (const SeriesPoint& point : series.points) all.push_back(point.value);
  return all;
}

const std::string k_begin = from_hex(training::testing::k_version);
const std::string k_loss = from_hex(training::testing::k_loss);
const std::string k_tensors = from_hex(training::testing::k_tensors);
const std::string k_nan = from_hex(training::testing::k_nan);

}  // namespace

BOOST_FIXTURE_TEST_SUITE(series, RunOfFiles)

BOOST_AUTO_TEST_CASE(rows_of_text_say_where_they_were_taken) {
  file("a.csv", "epoch,step,loss,time,epochs\n1,10,2.5,0.5,9\n2,20,1.5,1,9\n");
  file("b.jsonl", "{\"iteration\": 5, \"acc\": {\"top1\": 0.5}}\n{\"acc\": {\"top1\": 0.75}}\n");
  const auto found = series();
  BOOST_TEST(found.size() == 2U);
  const SeriesPoint& last = found.at("loss").points.at(1);
  BOOST_TEST((last.value == 1.5 && last.epoch == 2 && last.step == 20 && last.time == 1));
  BOOST_TEST((values(found.at("acc.top1")) == std::vector<double>{0.5, 0.75}));
  BOOST_TEST(found.at("acc.top1").points.at(0).step == 5);
  BOOST_TEST(std::isnan(found.at("acc.top1").points.at(1).step));
  BOOST_TEST(std::isnan(found.at("acc.top1").points.at(0).epoch));
}

BOOST_AUTO_TEST_CASE(event_files_of_a_folder_are_named_by_tag_and_subfolder) {
  folder("logs", {{"events.out.tfevents.1", k_begin + k_loss + k_nan},
                  {"validation/events.out.tfevents.1", k_begin + k_loss},
                  {"readme.txt", "no events"}});
  const auto found = series();
  BOOST_TEST(found.size() == 2U);
  BOOST_TEST(found.at("loss/train").points.size() == 2U);
  BOOST_TEST(found.at("loss/train").points.at(0).step == 1);
  BOOST_TEST(found.at("loss/train").points.at(0).time == 1700000001.5);
  BOOST_TEST(found.at("validation/loss/train").points.size() == 1U);
  BOOST_TEST(metrics({"logs"}).at("validation/loss/train") == 0.5);
}

BOOST_AUTO_TEST_CASE(a_training_that_was_taken_up_again_replaces_what_it_repeats) {
  folder("logs", {{"events.out.tfevents.1", k_begin + k_loss + k_nan},
                  {"events.out.tfevents.2", k_begin + k_loss}});
  BOOST_TEST((values(series().at("loss/train")) == std::vector<double>{0.5}));
}

BOOST_AUTO_TEST_CASE(the_longest_of_several_files_counts) {
  file("metrics.json", "{\"loss\": 1, \"only\": 3}");
  file("history.csv", "epoch,loss\n1,2\n2,1\n");
  const auto found = series();
  BOOST_TEST((values(found.at("loss")) == std::vector<double>{2, 1}));
  BOOST_TEST(found.at("only").points.size() == 1U);
  BOOST_TEST(metrics({"metrics.json"}).size() == 2U);
}

BOOST_AUTO_TEST_CASE(metrics_files_and_further_outputs_have_series_too) {
  file("m.csv", "loss\n2\n1\n");
  file("more.csv", "acc\n0.5\n");
  record.plots.clear();
  record.spec = {{"metrics", {"m.csv"}}};
  BOOST_TEST(series().size() == 1U);
  BOOST_TEST(series({"more.csv"}).size() == 2U);
}

BOOST_AUTO_TEST_CASE(damaged_event_files_give_what_is_whole_with_a_warning) {
  std::string damaged = k_begin + k_loss + k_tensors + k_nan;
  damaged[k_begin.size() + 30] ^= 1;
  folder("logs", {{"events.out.tfevents.1", damaged.substr(0, damaged.size() - 5)}});
  const auto found = series();
  BOOST_TEST(!found.contains("loss/train"));
  BOOST_TEST(found.contains("half"));
  BOOST_TEST(warnings.size() == 2U);
  BOOST_TEST(warnings.at(0).find("logs/events.out.tfevents.1: its last record is cut off") !=
             std::string::npos);
  BOOST_TEST(warnings.at(1).find("1 record is damaged") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_says_why) {
  folder("logs", {{"readme.txt", "no events"}});
  BOOST_CHECK_EXCEPTION(series(), Error, [](const Error& error) {
    return error.code() == ExitCode::failed && error.subject() == "logs" &&
           error.cause().find("tfevents") != std::string::npos;
  });
  record.plots.clear();
  std::string rows = "a,b\n";
  for (int i = 0; i < 1'000'001; ++i) rows += "1,2\n";
  file("long.csv", rows);
  BOOST_CHECK_EXCEPTION(series(), Error, [](const Error& error) {
    return error.cause().find("2000000 points") != std::string::npos;
  });
}

BOOST_AUTO_TEST_SUITE_END()
