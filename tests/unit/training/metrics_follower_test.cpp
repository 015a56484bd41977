#include "training/metrics_follower.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>

#include "event_records.hpp"
#include "run_fixture.hpp"

using namespace trainyard;
using namespace trainyard::training;
using trainyard::training::testing::from_hex;

namespace {

struct Scratch {
  TemporaryDirectory folder;
  Json state = Json::object();

  void append(const std::string& name, const std::string& bytes) const {
    make_directories((folder.path() / name).parent_path());
    std::ofstream(folder.path() / name, std::ios::app | std::ios::binary) << bytes;
  }
  LiveMetrics look(const std::vector<std::string>& paths) {
    const Json answer =
        follow_job({{"scratch", folder.path().string()}, {"paths", paths}, {"state", state}});
    state = answer.at("state");
    return parse_live_metrics(answer.at("values"));
  }
};

const std::string k_begin = from_hex(training::testing::k_version);
const std::string k_loss = from_hex(training::testing::k_loss);
const std::string k_nan = from_hex(training::testing::k_nan);

}  // namespace

BOOST_FIXTURE_TEST_SUITE(metrics_follower, Scratch)

BOOST_AUTO_TEST_CASE(rows_are_taken_when_their_line_is_complete) {
  BOOST_TEST(look({"m.csv"}).empty());
  append("m.csv", "epoch,lo");
  BOOST_TEST(look({"m.csv"}).empty());
  append("m.csv", "ss\n1,0.5\n2,0.");
  BOOST_TEST((look({"m.csv"}) == LiveMetrics{{"epoch", 1}, {"loss", 0.5}}));
  BOOST_TEST(look({"m.csv"}).empty());
  append("m.csv", "25\n");
  BOOST_TEST((look({"m.csv"}) == LiveMetrics{{"epoch", 2}, {"loss", 0.25}}));
  append("m.jsonl", "{\"loss\": NaN}\n{\"loss\"");
  BOOST_TEST(std::isnan(look({"m.csv", "m.jsonl"}).at("loss")));
}

BOOST_AUTO_TEST_CASE(an_object_that_is_written_anew_is_read_anew) {
  append("m.json", "{\n \"loss\": 2\n}");
  BOOST_TEST(look({"m.json"}).at("loss") == 2);
  BOOST_TEST(look({"m.json"}).empty());
  write_file_atomic(folder.path() / "m.json", "{\"loss\":");
  BOOST_TEST(look({"m.json"}).empty());
  write_file_atomic(folder.path() / "m.json", "{\"loss\": 1}");
  BOOST_TEST(look({"m.json"}).at("loss") == 1);
}

BOOST_AUTO_TEST_CASE(a_file_that_begins_anew_is_read_from_its_beginning) {
  append("m.csv", "loss\n1\n2\n3\n");
  BOOST_TEST(look({"m.csv"}).at("loss") == 3);
  write_file_atomic(folder.path() / "m.csv", "acc\n1\n");
  BOOST_TEST(look({"m.csv"}).at("acc") == 1);
}

BOOST_AUTO_TEST_CASE(events_are_taken_when_their_record_is_complete) {
  append("logs/events.out.tfevents.1", k_begin + k_loss.substr(0, 30));
  BOOST_TEST(look({"logs"}).empty());
  append("logs/events.out.tfevents.1", k_loss.substr(30));
  append("logs/test/events.out.tfevents.1", k_begin + k_nan);
  append("logs/other.txt", "x");
  const LiveMetrics found = look({"logs"});
  BOOST_TEST(found.at("loss/train") == 0.5);
  BOOST_TEST(std::isnan(found.at("test/loss/train")));
  BOOST_TEST(found.contains("step"));
  BOOST_TEST(look({"logs"}).empty());
}

BOOST_AUTO_TEST_CASE(of_a_large_file_the_end_is_read) {
  append("m.csv", "loss,x\n");
  std::string rows;
  for (int i = 0; i < 400'000; ++i) rows += "7.5,1\n";
  append("m.csv", rows + "8,2\n9,");
  BOOST_TEST((look({"m.csv"}) == LiveMetrics{{"loss", 8}, {"x", 2}}));
  append("m.csv", "3\n");
  BOOST_TEST((look({"m.csv"}) == LiveMetrics{{"loss", 9}, {"x", 3}}));
}

BOOST_AUTO_TEST_CASE(hostile_folders_are_survived) {
  append("outside/m.csv", "a\n1\n");
  TemporaryDirectory elsewhere;
  std::ofstream(elsewhere.path() / "events.out.tfevents.1") << k_begin + k_loss;
  make_directories(folder.path() / "logs");
  fs::create_symlink(elsewhere.path() / "events.out.tfevents.1",
                     folder.path() / "logs/events.out.tfevents.2");
  fs::create_symlink(elsewhere.path(), folder.path() / "away");
  BOOST_TEST(::mkfifo((folder.path() / "logs/events.out.tfevents.3").c_str(), 0600) == 0);
  BOOST_TEST(::mkfifo((folder.path() / "pipe.csv").c_str(), 0600) == 0);
  append("logs/\xff.tfevents", k_begin + k_loss);
  std::string wide;
  for (int i = 0; i < 5000; ++i) wide += "\"m" + std::to_string(i) + "\": 1,";
  append("wide.jsonl", "{" + wide + "\"step\": 9}\n");
  append("wrong.csv", "a,b\n1\n");
  const LiveMetrics found =
      look({"logs", "away", "pipe.csv", "missing", "wrong.csv", "wide.jsonl"});
  BOOST_TEST(!found.contains("loss/train"));
  BOOST_TEST(found.size() == 65U);
  BOOST_TEST(found.at("step") == 9);
  append("name.csv", "\xff\xfe\n1\n");
  BOOST_TEST(look({"name.csv"}).size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(whoever_attaches_is_told, training::testing::RunFixture) {
  const fs::path seen = folder() / "seen";
  LiveMetrics last;
  RunEvents events;
  events.metrics = [&](const LiveMetrics& metrics) {
    last = metrics;
    write_file_atomic(seen, "");
  };
  // The command ends when the metrics were told, and not before.
  run_training(store,
               spec(script("echo '{{\"epoch\": 3}}' > m.jsonl; until [ -e " + seen.string() +
                               " ]; do sleep 0.05; done",
                           {{"metrics", {"m.jsonl"}}})),
               events);
  BOOST_TEST((last == LiveMetrics{{"epoch", 3}}));
}

BOOST_AUTO_TEST_SUITE_END()
