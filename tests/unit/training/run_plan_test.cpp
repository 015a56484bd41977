#include "training/run_plan.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "base/error.hpp"
#include "run_fixture.hpp"

using namespace trainyard;

namespace {

struct PlanFixture : training::testing::RunFixture {
  training::PlannedRun plan(const Json& members = Json::object()) const {
    return training::plan_run(store, spec(members));
  }
  std::string key(const Json& members = Json::object()) const { return plan(members).plan.key; }
};

bool has(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(run_plan, PlanFixture)

BOOST_AUTO_TEST_CASE(names_limits_places_of_the_host_and_times_do_not_change_the_key) {
  write_source("data/a.csv", "1,2");
  write_source("other/a.csv", "1,2");
  const Json base = {{"inputs", {"data"}}, {"outputs", {"m"}}};
  const std::string expected = key(base);
  for (const Json& change : std::vector<Json>{{{"name", "other"}},
                                              {{"cpus", "1"}},
                                              {{"memory", "1g"}},
                                              {{"shm_size", "1g"}},
                                              {{"timeout", "5"}},
                                              {{"inputs", {"data=other"}}},
                                              {{"outputs", {"key=m"}}}}) {
    Json members = base;
    members.update(change);
    BOOST_TEST(key(members) == expected, change);
  }
  touch(source() / "data/a.csv");
  BOOST_TEST(key(base) == expected);
}

BOOST_AUTO_TEST_CASE(everything_that_the_command_sees_changes_the_key) {
  write_source("data/a.csv", "1,2");
  const Json base = {{"inputs", {"data"}}, {"outputs", {"m"}}, {"parameters", {"lr=1"}}};
  std::set<std::string> keys{key(base)};
  for (const Json& change : std::vector<Json>{{{"command", {"false"}}},
                                              {{"command", {"true", ""}}},
                                              {{"parameters", {"lr=2"}}},
                                              {{"parameters", {"lr=1", "n=1"}}},
                                              {{"environment", {"lr=1"}}},
                                              {{"inputs", {"d=data"}}},
                                              {{"outputs", {"m2"}}},
                                              {{"outputs", {"m", "n"}}},
                                              {{"working_directory", "/w"}},
                                              {{"network", "host"}}}) {
    Json members = base;
    members.update(change);
    BOOST_TEST(keys.insert(key(members)).second, change);
  }
  write_source("data/a.csv", "1,3");
  BOOST_TEST(keys.insert(key(base)).second);
  write_source("data/b.csv", "");
  BOOST_TEST(keys.insert(key(base)).second);
}

BOOST_AUTO_TEST_CASE(the_image_counts_by_what_a_command_sees_of_it) {
  oci::ContainerConfig config;
  config.env = {"PATH=/usr/bin:/bin", "FROM_IMAGE=yes"};
  const std::string expected = key();
  config.labels = {{"version", "2"}};
  config.cmd = {{"sh"}};
  put_image(config);
  BOOST_TEST(key() == expected);
  std::set<std::string> keys{expected};
  config.env.push_back("MORE=1");
  put_image(config);
  BOOST_TEST(keys.insert(key()).second);
  config.user = "1000";
  put_image(config);
  BOOST_TEST(keys.insert(key()).second);
  config.working_dir = "/src";
  put_image(config);
  BOOST_TEST(keys.insert(key()).second);
  config.entrypoint = {{"env"}};
  put_image(config);
  BOOST_TEST(keys.insert(key()).second);
}

BOOST_AUTO_TEST_CASE(entry_point_command_and_parameters_make_the_command) {
  oci::ContainerConfig config;
  config.entrypoint = {{"python3", "-u"}};
  config.cmd = {{"default.py"}};
  put_image(config);
  const std::vector<std::string> given{"python3", "-u", "train.py", "--n=3"};
  BOOST_TEST(
      plan({{"command", {"train.py", "--n={n}"}}, {"parameters", {"n=3"}}}).plan.argv == given,
      boost::test_tools::per_element());
  const std::vector<std::string> own{"python3", "-u", "default.py"};
  BOOST_TEST(plan({{"command", Json::array()}}).plan.argv == own, boost::test_tools::per_element());
  put_image({});
  BOOST_CHECK_EXCEPTION(plan({{"command", Json::array()}}), Error,
                        [](const Error& error) { return error.code() == ExitCode::usage; });
}

BOOST_AUTO_TEST_CASE(the_environment_is_the_images_then_parameters_then_declared) {
  const auto environment =
      plan({{"parameters", {"a=1", "b=1"}}, {"environment", {"b=2", "FROM_IMAGE=no"}}})
          .plan.environment;
  for (const char* variable : {"PATH=/usr/bin:/bin", "FROM_IMAGE=no", "a=1", "b=2", "HOME=/tmp"})
    BOOST_TEST(has(environment, variable), variable);
  BOOST_TEST(environment.size() == 5U);
}

BOOST_AUTO_TEST_CASE(the_image_can_be_named_by_its_digest_file) {
  const store::Image image = put_image({});
  write_file_atomic(build() / "trainer.digest", image.digest.str() + "\n");
  BOOST_TEST(
      (plan({{"image", "digest-file:" + (build() / "trainer.digest").string()}}).plan.image ==
       image.digest));
  BOOST_CHECK_EXCEPTION(plan({{"image", "digest-file:" + (build() / "no.digest").string()}}), Error,
                        [](const Error& error) {
                          return error.code() == ExitCode::usage &&
                                 error.subject().ends_with("no.digest");
                        });
}

BOOST_AUTO_TEST_CASE(all_files_and_folders_that_were_read_are_listed) {
  write_source("data/a.csv", "1");
  write_source("data/sub/b.csv", "2");
  write_source("one.txt", "3");
  fs::create_symlink("a.csv", source() / "data/link");
  std::vector<fs::path> read = plan({{"inputs", {"data", "one.txt"}}}).read;
  std::sort(read.begin(), read.end());
  const std::vector<fs::path> expected{source() / "data", source() / "data/a.csv",
                                       source() / "data/sub", source() / "data/sub/b.csv",
                                       source() / "one.txt"};
  BOOST_TEST(read == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_missing_input_is_named_with_the_spec) {
  BOOST_CHECK_EXCEPTION(plan({{"inputs", {"data/none.csv"}}}), Error, [this](const Error& error) {
    return error.code() == ExitCode::usage &&
           error.subject() == (source() / "data/none.csv").string() &&
           error.hint().find("train.run.json") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(a_plan_arrives_whole_at_the_keeper) {
  write_source("data/a.csv", "1");
  const training::RunPlan sent = plan({{"inputs", {"data"}},
                                       {"outputs", {"k=m"}},
                                       {"metrics", {"x.json"}},
                                       {"cpus", "1.5"},
                                       {"memory", "1g"},
                                       {"timeout", "7"},
                                       {"command", {"a\n\"b\"", "ü"}}})
                                     .plan;
  const Json json = training::to_json(sent);
  BOOST_TEST(training::to_json(
                 training::parse_run_plan(parse_json(canonical_json(json), "plan"))) == json);
}

BOOST_AUTO_TEST_SUITE_END()
