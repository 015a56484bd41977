#include <boost/test/unit_test.hpp>

#include "base/error.hpp"
#include "run_fixture.hpp"

using namespace trainyard;
using training::testing::RunFixture;

namespace {

/// Whether reading is refused with a usage error in whose text `part` stands.
bool refused(const RunFixture& fixture, const Json& members, const std::string& part) {
  try {
    fixture.spec(members);
  } catch (const Error& error) {
    BOOST_TEST(error.render().find(part) != std::string::npos, error.render());
    return error.code() == ExitCode::usage;
  }
  return false;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(run_spec, RunFixture)

BOOST_AUTO_TEST_CASE(every_member_is_read) {
  const training::RunSpec spec = this->spec({{"command", {"trainer", "--epochs={epochs}"}},
                                             {"parameters", {"lr=1e-3", "epochs=10=ten"}},
                                             {"environment", {"OMP_NUM_THREADS=2"}},
                                             {"working_directory", "/job/"},
                                             {"network", "private"},
                                             {"cpus", "1.5"},
                                             {"memory", "2g"},
                                             {"shm_size", "64m"},
                                             {"timeout", "1h30m"},
                                             {"outputs", {"model=out/model.bin", "notes.txt"}},
                                             {"metrics", {"metrics.json", "notes.txt"}},
                                             {"plots", {"logs/", "metrics.json"}}});
  BOOST_TEST(spec.command.back() == "--epochs={epochs}");
  BOOST_TEST(spec.parameters.front().first == "epochs");
  BOOST_TEST(spec.parameters.front().second == "10=ten");
  BOOST_TEST(spec.working_directory == "/job");
  BOOST_TEST((spec.network == engine::Network::private_));
  BOOST_TEST(spec.limits.cpus.value() == 1.5);
  BOOST_TEST(spec.limits.memory.value() == 2ULL << 30);
  BOOST_TEST(spec.limits.shm_size.value() == 64ULL << 20);
  BOOST_TEST(spec.timeout.value().count() == 5'400'000);
  BOOST_TEST(spec.outputs.size() == 4U);
  BOOST_TEST(spec.outputs[0].key == "model");
  BOOST_TEST(spec.outputs[0].destination == build() / "out/model.bin");
  BOOST_TEST(spec.outputs[1].key == "notes.txt");
  BOOST_TEST(spec.outputs[2].path == "metrics.json");
  BOOST_TEST(spec.metrics.size() == 2U);
  BOOST_TEST(spec.outputs[3].path == "logs");
  BOOST_TEST((spec.plots == std::vector<std::string>{"logs", "metrics.json"}));
}

BOOST_AUTO_TEST_CASE(inputs_appear_where_the_page_on_spec_files_says) {
  const training::RunSpec spec =
      this->spec({{"inputs",
                   {"data/digits.csv", "build/gen/part.bin", "/etc/hostname", "words=data/w.txt",
                    "all=/srv/data/"}}});
  BOOST_TEST(spec.inputs[0].target == "data/digits.csv");
  BOOST_TEST(spec.inputs[0].source == source() / "data/digits.csv");
  BOOST_TEST(spec.inputs[1].target == "gen/part.bin");
  BOOST_TEST(spec.inputs[2].target == "hostname");
  BOOST_TEST(spec.inputs[3].target == "words");
  BOOST_TEST(spec.inputs[4].source == "/srv/data");
}

BOOST_AUTO_TEST_CASE(raw_strings_of_cmake_arrive_byte_for_byte) {
  const fs::path file = build() / "raw.run.json";
  std::string text = dump_json(spec_json({{"command", {"@"}}}));
  text.replace(text.find("\"@\""), 3, "R\"~ty(a;b \"$x\"\n\\)ty~\", L\"~ty(c;d)ty~\"");
  write_file_atomic(file, text);
  const std::vector<std::string> expected{"a;b \"$x\"\n\\", "c", "d"};
  BOOST_TEST(training::read_run_spec(file).command == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named) {
  BOOST_TEST(refused(*this, {{"comand", {"x"}}}, "\"command\""));
  BOOST_TEST(refused(*this, {{"schema", 2}}, "schema"));
  BOOST_TEST(refused(*this, {{"kind", "image"}}, "kind"));
  BOOST_TEST(refused(*this, {{"source_dir", "rel"}}, "source_dir"));
  BOOST_TEST(refused(*this, {{"network", "bridge"}}, "bridge"));
  BOOST_TEST(refused(*this, {{"cpus", "two"}}, "two"));
  BOOST_TEST(refused(*this, {{"memory", "lots"}}, "memory"));
  BOOST_TEST(refused(*this, {{"parameters", {"a=1", "a=2"}}}, "twice"));
  BOOST_TEST(refused(*this, {{"parameters", {"1a=1"}}}, "1a=1"));
  BOOST_TEST(refused(*this, {{"environment", {"=x"}}}, "=x"));
  BOOST_TEST(refused(*this, {{"command", {"{lr}"}}}, "{lr}"));
  BOOST_TEST(refused(*this, {{"working_directory", "/"}}, "working_directory"));
  BOOST_TEST(refused(*this, {{"working_directory", "/proc/x"}}, "/proc"));
}

BOOST_AUTO_TEST_CASE(outputs_must_be_distinct_places_in_the_working_folder) {
  for (const char* bad : {"/abs", "../x", "a/../../x", ".", ""})
    BOOST_TEST(refused(*this, {{"outputs", {bad}}}, "relative to the working folder"), bad);
  BOOST_TEST(refused(*this, {{"outputs", {"a", "./a"}}}, "twice"));
  BOOST_TEST(refused(*this, {{"outputs", {"k=a", "k=b"}}}, "twice"));
  BOOST_TEST(refused(*this, {{"outputs", {"out", "out/a"}}}, "inside"));
  BOOST_TEST(refused(*this, {{"outputs", {"out/a", "out"}}}, "inside"));
  BOOST_TEST(
      refused(*this, {{"inputs", {"data"}}, {"outputs", {"data/model"}}}, "read-only input"));
  BOOST_TEST(refused(*this, {{"inputs", {"x=data"}}, {"outputs", {"x"}}}, "read-only input"));
}

BOOST_AUTO_TEST_CASE(inputs_must_not_hide_one_another_or_the_working_folder) {
  BOOST_TEST(refused(*this, {{"inputs", {"a=x", "a=y"}}}, "two inputs"));
  BOOST_TEST(refused(*this, {{"inputs", {"data", "data/a"}}}, "inside the input"));
  BOOST_TEST(refused(*this, {{"inputs", {"."}}}, "key=path"));
  BOOST_TEST(refused(*this, {{"inputs", {"../x=y"}}}, "key=path"));
  BOOST_TEST(refused(*this, {{"inputs", {"/work=data"}}}, "hide the working folder"));
  BOOST_TEST(refused(*this, {{"inputs", {"/sys/x=data"}}}, "/sys"));
}

BOOST_AUTO_TEST_SUITE_END()
