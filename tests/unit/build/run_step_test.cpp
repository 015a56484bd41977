#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "base/process.hpp"
#include "build_fixture.hpp"
#include "store/layer_trees.hpp"

// RUN, end to end in real containers.

using namespace trainyard;
using namespace trainyard::build;
using namespace trainyard::build::testing;

namespace {
const std::string k_from = "FROM base\nSHELL [\"/usr/local/bin/sh\", \"-c\"]\n";
}  // namespace

BOOST_FIXTURE_TEST_SUITE(run_step, BuildFixture)

BOOST_AUTO_TEST_CASE(a_command_changes_the_image_and_is_cached) {
  if (!can_run_containers()) return;
  make_base();
  const std::string text = k_from + "RUN echo hello > /greeting\n";
  const BuildResult first = build(text);
  BOOST_TEST(first.cached == 0);
  BOOST_TEST(read_file(in_image(first, "greeting")) == "hello\n");
  BOOST_TEST((top_layer(first) == std::vector<std::string>{"greeting"}));
  const BuildResult second = build(text);
  BOOST_TEST(second.cached == 1);
  BOOST_TEST(second.image.digest.str() == first.image.digest.str());
}

BOOST_AUTO_TEST_CASE(steps_after_one_that_executed_execute_and_are_recorded) {
  if (!can_run_containers()) return;
  make_base();
  const std::string text = k_from + "RUN echo 1 > /a\nRUN cat /a > /b\nRUN cat /b > /c\n";
  const BuildResult first = build(text);
  BOOST_TEST(first.cached == 0);
  BOOST_TEST(read_file(in_image(first, "c")) == "1\n");
  BOOST_TEST(build(text).cached == 3);
}

BOOST_AUTO_TEST_CASE(environment_and_arguments_reach_the_command_in_order) {
  if (!can_run_containers()) return;
  make_base();
  const BuildResult result =
      build(k_from + "ENV A=1\nARG A=2\nARG B=\"x y\"\nENV C=$B\nRUN echo \"$A|$B|$C\" > /out\n");
  BOOST_TEST(read_file(in_image(result, "out")) == "2|x y|x y\n");
  BOOST_TEST(result.image.config.config.get_env("A").value() == "1");
  BOOST_TEST(holds_text(result.image.config.history.back().created_by, "RUN |2 A=2 B=x y"));
}

BOOST_AUTO_TEST_CASE(a_removed_file_leaves_a_whiteout_and_untouched_folders_leave_nothing) {
  if (!can_run_containers()) return;
  make_base();
  const BuildResult result =
      build(k_from +
            "RUN mkdir /d && echo 1 > /d/a && echo 2 > /d/b\n"
            "RUN rm /d/a && echo 3 > /d/c && rm /d/c && echo 4 > /tmp/x && rm /tmp/x\n");
  BOOST_TEST((top_layer(result) == std::vector<std::string>{"d", "d/a"}));
  struct stat status {};
  BOOST_REQUIRE(::lstat(in_image(result, "d/a").c_str(), &status) == 0);
  BOOST_TEST(S_ISCHR(status.st_mode));
}

BOOST_AUTO_TEST_CASE(a_failing_command_names_line_exit_code_and_last_output) {
  if (!can_run_containers()) return;
  make_base();
  const std::string text = complaint(k_from + "RUN echo before it broke; exit 7\n");
  BOOST_TEST(holds_text(text, "exit code 7"), text);
  BOOST_TEST(holds_text(text, "before it broke"), text);
  BOOST_TEST(holds_text(text, "RUN echo before"), text);
  BOOST_TEST(holds_text(text, "Dockerfile:3"), text);
  const std::string absent = complaint("FROM base\nRUN [\"/no/such/program\"]\n");
  BOOST_TEST(holds_text(absent, "127"), absent);
}

BOOST_AUTO_TEST_CASE(a_stage_that_fails_stops_the_others) {
  if (!can_run_containers()) return;
  make_base();
  const std::string text = complaint(
      k_from + "RUN exit 3\n" + "FROM base AS slow\nSHELL [\"/usr/local/bin/sh\", \"-c\"]\n" +
      "RUN sleep 600\nFROM scratch\nCOPY --from=0 /usr /x\nCOPY --from=slow /usr /y\n");
  BOOST_TEST(holds_text(text, "exit code 3"), text);
}

BOOST_AUTO_TEST_CASE(the_next_step_starts_before_the_digest_is_known) {
  if (!can_run_containers()) return;
  make_base();
  const fs::path trace = folder.path() / "trace";
  ::setenv("TRAINYARD_TRACE", trace.c_str(), 1);
  ::setenv("TRAINYARD_TEST_HASH_DELAY_MS", "300", 1);
  build(k_from + "RUN echo 1 > /a\nRUN echo 2 > /b\n");
  ::unsetenv("TRAINYARD_TRACE");
  ::unsetenv("TRAINYARD_TEST_HASH_DELAY_MS");
  std::vector<std::string> order;
  std::istringstream lines(read_file(trace));
  for (std::string line; std::getline(lines, line);) {
    const Json event = parse_json(line, "trace");
    order.push_back(event["event"].get<std::string>() + std::to_string(event["step"].get<int>()));
  }
  const auto at = [&order](const std::string& event) {
    return std::find(order.begin(), order.end(), event) - order.begin();
  };
  BOOST_TEST(at("started2") < at("digest_known1"));
  BOOST_TEST(at("digest_known2") < static_cast<ptrdiff_t>(order.size()));
}

BOOST_AUTO_TEST_CASE(a_layer_of_which_only_the_record_is_left_is_made_again) {
  if (!can_run_containers()) return;
  make_base();
  const std::string text = k_from + "RUN echo 1 > /a\n";
  const BuildResult first = build(text);
  const oci::Digest layer = first.image.config.diff_ids.back();
  fs::remove(store.blob(layer));
  const auto tree = store::find_tree(store, layer);
  store::remove_trees(*engine, {fs::canonical(*tree)});
  fs::remove(store.diffs() / layer.hex());
  const BuildResult second = build(text + "RUN cat /a > /b\n");
  BOOST_TEST(read_file(in_image(second, "b")) == "1\n");
  for (const oci::Digest& diff_id : second.image.config.diff_ids)
    BOOST_TEST(store.has_blob(diff_id));
}

BOOST_AUTO_TEST_CASE(nothing_of_a_build_is_left_in_the_work_folder) {
  if (!can_run_containers()) return;
  make_base();
  build(k_from + "RUN echo 1 > /a\nRUN mkdir /x && chmod 555 /x\n");
  BOOST_TEST(fs::is_empty(store.tmp()));
}

BOOST_AUTO_TEST_SUITE_END()
