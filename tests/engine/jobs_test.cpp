#include <boost/test/unit_test.hpp>
#include <thread>

#include "base/error.hpp"
#include "container_fixture.hpp"
#include "engine/native/doctor.hpp"

namespace trainyard::engine {

BOOST_AUTO_TEST_SUITE(jobs)

BOOST_FIXTURE_TEST_CASE(a_job_gets_its_request_and_gives_its_answer, ContainerFixture) {
  const Json large = {{"text", std::string(3 << 20, 'x')}, {"bytes", std::string("\xff\xfe", 2)}};
  BOOST_TEST((engine->call("test.echo", large) == large));
}

BOOST_FIXTURE_TEST_CASE(an_error_of_a_job_arrives_as_the_same_error, ContainerFixture) {
  BOOST_CHECK_EXCEPTION(engine->call("test.fail", nullptr), Error, [](const Error& error) {
    return error.render() ==
               "trainyard: error: reading a thing: it is odd\nhere\nhint: look again\n" &&
           error.code() == ExitCode::usage;
  });
  BOOST_CHECK_THROW(engine->call("test.nosuch", nullptr), Error);
}

BOOST_FIXTURE_TEST_CASE(jobs_run_side_by_side, ContainerFixture) {
  std::vector<std::thread> threads;
  std::vector<Json> answers(8);
  for (size_t i = 0; i < answers.size(); ++i)
    threads.emplace_back([&, i] { answers[i] = engine->call("test.echo", i); });
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < answers.size(); ++i) BOOST_TEST((answers[i] == Json(i)));
}

BOOST_FIXTURE_TEST_CASE(layers_are_seen_as_one_folder_and_the_mount_goes_with_the_job,
                        ContainerFixture) {
  make_directories(folder.path() / "upper-one/added");
  make_directories(folder.path() / "merged");
  const Json request = {{"layers", {layer.string(), (folder.path() / "upper-one").string()}},
                        {"target", (folder.path() / "merged").string()}};
  const std::string names = engine->call("test.merged", request).dump();
  BOOST_TEST(names.find("added") != std::string::npos);
  BOOST_TEST(names.find("bin") != std::string::npos);
  BOOST_TEST(fs::is_empty(folder.path() / "merged"));
}

BOOST_FIXTURE_TEST_CASE(doctor_finds_what_this_suite_needs, ContainerFixture) {
  bool overlay = false;
  for (const native::Finding& finding : native::examine(store)) {
    if (finding.subject == "overlayfs") overlay = finding.grade == native::Finding::Grade::good;
    if (finding.grade != native::Finding::Grade::good)
      BOOST_TEST(!finding.mend.empty(), finding.subject);
  }
  BOOST_TEST(overlay);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace trainyard::engine
