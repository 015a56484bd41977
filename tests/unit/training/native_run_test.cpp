// A training in a real container, from spec to restored output. Skipped, saying so, where the
// machine lacks a runtime or busybox for an image.

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstdlib>

#include "base/error.hpp"
#include "base/process.hpp"
#include "engine/native/native_engine.hpp"
#include "run_fixture.hpp"
#include "store/layer_trees.hpp"
#include "tool_process.hpp"
#include "training/run_plan.hpp"
#include "training/training_log.hpp"

using namespace trainyard;
using training::testing::Seen;
using training::testing::Tool;
using training::testing::wait_until;

namespace {

boost::test_tools::assertion_result machine_can(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result can(
      !find_program("busybox").empty() &&
      (!find_program("crun").empty() || !find_program("runc").empty()));
  can.message() << "busybox and crun or runc are needed";
  return can;
}

struct NativeFixture : training::testing::RunFixture {
  NativeFixture() {
    ::setenv("TRAINYARD_TEST_ENGINE", "native", 1);
    const fs::path root = folder() / "root";
    make_directories(root / "bin");
    fs::copy_file(find_program("busybox"), root / "bin/busybox");
    fs::create_symlink("busybox", root / "bin/sh");
    const fs::path tar = folder() / "layer.tar";
    BOOST_REQUIRE(capture({"tar", "-cf", tar.string(), "-C", root.string(), "."}).status.success());
    const auto engine = engine::native::make_native_engine({store.root(), std::nullopt});
    const oci::LayerTar layer = store::take_layer(store, *engine, tar);
    oci::ImageConfig image;
    image.platform = oci::host_platform();
    image.diff_ids = {layer.diff_id};
    store::put_image(store, image, {layer.size}, {oci::Reference::parse("lab/busybox:1")});
  }
  ~NativeFixture() { ::unsetenv("TRAINYARD_TEST_ENGINE"); }

  Json in_container(const std::string& text, Json members = Json::object()) const {
    members["image"] = "lab/busybox:1";
    members["command"] = {"/bin/busybox", "sh", "-c", text};
    return members;
  }
  training::RunOutcome run(const Json& members) {
    seen = {};
    return training::run_training(store, spec(members), seen.events());
  }
  Seen seen;
};

/// Processes, in whatever namespace, in whose command line `text` stands.
std::vector<pid_t> processes_with(const std::string& text) {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid <= 0) continue;
    try {
      const auto words = read_file_if_exists(entry.path() / "cmdline");
      if (words && words->find(text) != std::string::npos) found.push_back(pid);
    } catch (const Error&) {
      continue;  // it ended while it was looked at
    }
  }
  return found;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(native_run, NativeFixture, *boost::unit_test::precondition(machine_can))

BOOST_AUTO_TEST_CASE(a_training_sees_its_inputs_and_its_outputs_land_in_the_build_tree) {
  write_source("data/in.txt", "42\n");
  write_source("words.txt", "a b\n");
  const Json members = in_container(
      "busybox pwd; busybox cat data/in.txt /abs/words.txt; busybox id -u; echo $lr; echo x > "
      "/tmp/t && echo tmp; "
      "echo no > data/in.txt || echo read-only; busybox mkdir d; echo model > d/m; echo "
      "'{{\"loss\":1}}' > deep/m.json",
      {{"inputs", {"data", "/abs/words.txt=words.txt"}},
       {"outputs", {"d"}},
       {"metrics", {"deep/m.json"}},
       {"parameters", {"lr=3"}}});
  const training::RunOutcome first = run(members);
  BOOST_TEST(contains(seen.log, "/work\n42\na b\n0\n3\ntmp\n"), seen.log);
  BOOST_TEST(contains(seen.log, "read-only\n"), seen.log);
  BOOST_TEST(first.record.metrics.at("loss") == 1);
  training::restore_outputs(store, spec(members), first.record.key);
  BOOST_TEST(read_file(build() / "d/m") == "model\n");
  BOOST_TEST(run(members).cached);
  BOOST_TEST(read_file(source() / "data/in.txt") == "42\n");
  BOOST_TEST(fs::is_empty(store.tmp()));
}

BOOST_AUTO_TEST_CASE(a_failed_container_tells_its_code_and_keeps_its_folder) {
  const Json members = in_container("echo made > part; echo sorry >&2; exit 3");
  BOOST_CHECK_EXCEPTION(run(members), Error, [](const Error& error) {
    return error.code() == ExitCode::failed && contains(error.cause(), "exit code 3") &&
           contains(error.excerpt(), "sorry");
  });
  const std::string key = training::plan_run(store, spec(members)).plan.key;
  BOOST_TEST(read_file(store::run_folder(store, key) / "failed/work/part") == "made\n");
}

BOOST_AUTO_TEST_CASE(a_timeout_stops_the_container) {
  ::setenv("TRAINYARD_GRACE", "1", 1);
  BOOST_CHECK_EXCEPTION(run(in_container("busybox sleep 600", {{"timeout", "500ms"}})), Error,
                        [](const Error& error) {
                          return error.code() == ExitCode::failed &&
                                 contains(error.cause(), "TIMEOUT");
                        });
  ::unsetenv("TRAINYARD_GRACE");
}

BOOST_AUTO_TEST_CASE(nothing_is_left_when_tool_or_keeper_is_killed) {
  ::setenv("TRAINYARD_GRACE", "1", 1);
  const std::string token = random_name(16);
  const fs::path spec = write_spec(in_container(
      "trap '' TERM; echo started; while :; do busybox sleep 600 || echo " + token + "; done"));
  const std::string key = training::plan_run(store, training::read_run_spec(spec)).plan.key;
  for (const std::string& victim : {std::string("tool"), std::string("keeper")}) {
    Tool tool(folder(), store, spec);
    tool.wait_for_output("started");
    BOOST_TEST(!processes_with(token).empty());
    if (victim == "tool") {
      tool.signal(SIGKILL);
    } else {
      for (const pid_t keeper : processes_with(key)) ::kill(keeper, SIGKILL);
    }
    tool.wait();
    wait_until([&] { return processes_with(token).empty() && processes_with(key).empty(); },
               "all is gone after the " + victim);
    BOOST_TEST(!store::find_run(store, key));
  }
  ::unsetenv("TRAINYARD_GRACE");
}

BOOST_AUTO_TEST_SUITE_END()
