#include <boost/test/unit_test.hpp>

#include "base/error.hpp"
#include "fake_engine.hpp"
#include "run_fixture.hpp"
#include "store/roots.hpp"
#include "store/run_records.hpp"
#include "training/run_plan.hpp"
#include "training/shell_of_run.hpp"
#include "training/training_log.hpp"

using namespace trainyard;
using training::testing::Seen;

namespace {

struct ExecutionFixture : training::testing::RunFixture {
  training::RunOutcome run(const Json& members) {
    seen = {};
    return training::run_training(store, spec(members), seen.events());
  }
  /// The error that the run fails with.
  Error failure(const Json& members) {
    try {
      run(members);
    } catch (const Error& error) {
      return error;
    }
    BOOST_FAIL("the run did not fail");
    return Error("", "", "");
  }
  std::string key(const Json& members) const {
    return training::plan_run(store, spec(members)).plan.key;
  }
  Seen seen;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(run_execution, ExecutionFixture)

BOOST_AUTO_TEST_CASE(a_run_is_recorded_and_never_done_again) {
  const fs::path counter = folder() / "count";
  write_source("data.txt", "42");
  const Json members = script("echo once >> " + counter.string() +
                                  "; echo hello; cat data.txt > out/model; echo $lr >> out/model;"
                                  "echo '{{\"accuracy\": 0.5}}' > metrics.json",
                              {{"inputs", {"data.txt"}},
                               {"outputs", {"out/model"}},
                               {"metrics", {"metrics.json"}},
                               {"parameters", {"lr=3"}}});
  const training::RunOutcome first = run(members);
  BOOST_TEST(!first.cached);
  BOOST_TEST(seen.log == "hello\n");
  BOOST_TEST(first.record.metrics.at("accuracy") == 0.5);
  BOOST_TEST(first.record.target == "train");
  BOOST_TEST(fs::is_empty(store.tmp()));

  const training::RunOutcome second = run(members);
  BOOST_TEST(second.cached);
  BOOST_TEST(second.record.key == first.record.key);
  BOOST_TEST(second.read.size() == first.read.size());
  BOOST_TEST(read_file(counter) == "once\n");

  training::restore_outputs(store, spec(members), first.record.key);
  BOOST_TEST(read_file(build() / "out/model") == "423\n");
  BOOST_TEST(store::require_run_key(store, "train") == first.record.key);
  std::string log;
  training::show_training_log(store, first.record.key, training::LogMode::follow,
                              [&log](std::string_view text) { log += text; });
  BOOST_TEST(log == "hello\n");
}

BOOST_AUTO_TEST_CASE(a_record_whose_content_is_gone_is_run_again) {
  const Json members = script("echo x > model", {{"outputs", {"model"}}});
  const training::RunOutcome first = run(members);
  fs::remove(store.blob(first.record.outputs.at(0).files.at(0).digest));
  BOOST_TEST(!run(members).cached);
  BOOST_TEST(training::restore_outputs(store, spec(members), first.record.key).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_failure_tells_the_code_and_the_last_lines_and_keeps_the_folder) {
  const Json members =
      script("echo made > part; seq 100; echo sorry >&2; exit 3", {{"outputs", {"model"}}});
  const Error error = failure(members);
  BOOST_TEST((error.code() == ExitCode::failed));
  BOOST_TEST(contains(error.cause(), "exit code 3"));
  BOOST_TEST(contains(error.hint(), "trainyard shell train"));
  BOOST_TEST(error.excerpt().ends_with("  100\n  sorry"));
  BOOST_TEST(std::count(error.excerpt().begin(), error.excerpt().end(), '\n') == 14);
  const fs::path folder = store::run_folder(store, key(members));
  BOOST_TEST(read_file(folder / "failed/work/part") == "made\n");
  BOOST_TEST(!store::find_run(store, key(members)));
  BOOST_TEST(fs::is_empty(store.tmp()));

  const store::WorkFolder work(store);
  const auto engine = training::testing::make_fake_engine(store);
  const engine::ContainerSpec shell = training::shell_of_run(store, *engine, key(members), work);
  BOOST_TEST(shell.mounts.at(1).source == folder / "failed/work");
  BOOST_TEST(shell.terminal);
}

BOOST_AUTO_TEST_CASE(a_signal_is_named) {
  BOOST_TEST(contains(failure(script("kill -SEGV $$")).cause(), "SIGSEGV"));
}

BOOST_AUTO_TEST_CASE(a_command_that_is_not_there_is_an_error_and_leaves_the_next_try_free) {
  BOOST_TEST(contains(failure({{"command", {"no-such-program"}}}).render(), "no-such-program"));
  BOOST_TEST(contains(failure({{"command", {"no-such-program"}}}).render(), "no-such-program"));
}

BOOST_AUTO_TEST_CASE(an_output_that_was_not_written_fails_the_run) {
  const Error error = failure(script("echo x > other", {{"outputs", {"model"}}}));
  BOOST_TEST((error.code() == ExitCode::failed));
  BOOST_TEST(contains(error.render(), "\n  other"));
}

BOOST_AUTO_TEST_CASE(broken_metrics_fail_the_run_with_file_and_line) {
  BOOST_TEST(
      contains(failure(script("echo '{{\"a\":}}' > m.jsonl", {{"metrics", {"m.jsonl"}}})).render(),
               "m.jsonl:1"));
}

BOOST_AUTO_TEST_CASE(an_input_that_changes_meanwhile_fails_the_run) {
  const fs::path data = write_source("data.txt", "1");
  const Json members = script("echo 2 > " + data.string() + "; echo x > model",
                              {{"inputs", {"data.txt"}}, {"outputs", {"model"}}});
  const std::string before = key(members);
  const Error error = failure(members);
  BOOST_TEST((error.code() == ExitCode::failed));
  BOOST_TEST(error.subject() == data.string());
  BOOST_TEST(!store::find_run(store, before));
}

BOOST_AUTO_TEST_CASE(a_shell_in_a_finished_run_has_its_outputs) {
  const Json members = script("mkdir -p out; echo x > out/model", {{"outputs", {"out/model"}}});
  run(members);
  const store::WorkFolder work(store);
  const auto engine = training::testing::make_fake_engine(store);
  const engine::ContainerSpec shell = training::shell_of_run(store, *engine, key(members), work);
  BOOST_TEST(read_file(shell.mounts.at(1).source / "out/model") == "x\n");
}

BOOST_AUTO_TEST_CASE(a_folder_for_an_output_that_cannot_be_made_is_named_with_the_reason) {
  const std::string folder(300, 'a');
  const Error error = failure(script("true", {{"outputs", {folder + "/model"}}}));
  BOOST_TEST(contains(error.what(), "File name too long"), error.what());
}

BOOST_AUTO_TEST_SUITE_END()
