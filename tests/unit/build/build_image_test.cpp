#include <sys/stat.h>

#include <chrono>
#include <thread>

#include "base/process.hpp"
#include "build_fixture.hpp"

// Whole builds: EXECUTABLES, base images, two builds at once, many cached steps.

using namespace trainyard;
using namespace trainyard::build;
using namespace trainyard::build::testing;

namespace {

/// Counts what reaches the engine.
class CountingEngine : public engine::Engine {
 public:
  explicit CountingEngine(engine::Engine& inner) : inner_(inner) {}
  std::unique_ptr<engine::Container> start(const engine::ContainerSpec& spec) override {
    ++calls;
    return inner_.start(spec);
  }
  void settle() override { inner_.settle(); }
  std::string id_map_class() const override { return inner_.id_map_class(); }
  Json call(const std::string& job, const Json& request) override {
    ++calls;
    return inner_.call(job, request);
  }
  std::atomic<int> calls = 0;

 private:
  engine::Engine& inner_;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(whole_build, BuildFixture)

BOOST_AUTO_TEST_CASE(executables_become_an_image_with_base_files) {
  if (!can_run_containers()) return;
  BuildRequest wanted;
  wanted.executables.emplace();
  wanted.executables->executables = {find_program("cat")};
  const BuildResult result = build(wanted);
  BOOST_TEST(fs::exists(in_image(result, "usr/local/bin/cat")));
  BOOST_TEST(holds_text(read_file(in_image(result, "etc/passwd")), "root:x:0:0"));
  struct stat status {};
  BOOST_REQUIRE(::stat(in_image(result, "tmp").c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 07777) == 01777u);
  BOOST_TEST(result.image.config.config.cmd->front() == "/usr/local/bin/cat");
  BOOST_TEST(!result.image.config.config.entrypoint);
  BOOST_TEST(build(wanted).cached == result.steps);
}

BOOST_AUTO_TEST_CASE(an_executable_on_a_base_keeps_the_bases_files) {
  if (!can_run_containers()) return;
  write("passwd", "own:x:0:0::/:\n");
  BuildRequest base = request("FROM scratch\nCOPY passwd /etc/passwd\nENV LANG=C\n");
  base.tags = {oci::Reference::parse("lab/base:1")};
  build(base);
  BuildRequest wanted;
  wanted.executables.emplace();
  wanted.executables->executables = {find_program("cat")};
  wanted.from = "lab/base:1";
  const BuildResult result = build(wanted);
  BOOST_TEST(read_file(in_image(result, "etc/passwd")) == "own:x:0:0::/:\n");
  BOOST_TEST(result.image.config.config.get_env("LANG").value() == "C");
}

BOOST_AUTO_TEST_CASE(a_fully_cached_build_starts_nothing_in_the_engine) {
  if (!can_run_containers()) return;
  for (int i = 0; i < 30; ++i) write("f" + std::to_string(i), std::to_string(i));
  std::string text = "FROM scratch AS one\nCOPY f0 /seed\nFROM scratch\nCOPY --from=one /seed /s\n";
  for (int i = 0; i < 29; ++i) text += "COPY f" + std::to_string(i) + " /d/\n";
  text += "WORKDIR /d\n";
  const BuildResult first = build(text);
  CountingEngine counting(*engine);
  const auto begin = std::chrono::steady_clock::now();
  const BuildResult second = build_image(store, counting, request(text), {});
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  BOOST_TEST_MESSAGE("cached build of " << second.steps << " steps: " << took.count() << " ms");
  BOOST_TEST(counting.calls == 0);
  BOOST_TEST(second.cached == second.steps);
  BOOST_TEST(second.image.digest.str() == first.image.digest.str());
}

BOOST_AUTO_TEST_CASE(two_builds_at_once_make_each_step_once) {
  if (!can_run_containers()) return;
  write("a", "1");
  const std::string text = "FROM scratch\nCOPY a /a\nCOPY a /b\nCOPY a /c\n";
  std::optional<BuildResult> results[2];
  std::vector<std::thread> threads;
  for (auto& result : results)
    threads.emplace_back(
        [this, &result, &text] { result = build_image(store, *engine, request(text), {}); });
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(results[0]->image.digest.str() == results[1]->image.digest.str());
  BOOST_TEST(results[0]->cached + results[1]->cached >= 1);
}

BOOST_AUTO_TEST_CASE(no_cache_executes_every_step) {
  if (!can_run_containers()) return;
  write("a", "1");
  BuildRequest wanted = request("FROM scratch\nCOPY a /a\n");
  const BuildResult first = build(wanted);
  wanted.no_cache = true;
  const BuildResult second = build(wanted);
  BOOST_TEST(second.cached == 0);
  BOOST_TEST(second.image.digest.str() == first.image.digest.str());
}

BOOST_AUTO_TEST_CASE(a_layout_of_another_tool_is_a_base) {
  if (!can_run_containers()) return;
  write("a", "1");
  BuildRequest base = request("FROM scratch\nCOPY a /a\nENV X=1\n");
  base.tags = {oci::Reference::parse("base")};
  build(base);
  // The store is an OCI layout itself; another store sees it as a foreign one.
  BuildFixture other;
  const BuildResult result =
      other.build("FROM oci:" + store.root().string() + ":base:latest\nENV Y=2\n");
  BOOST_TEST(read_file(other.in_image(result, "a")) == "1");
  BOOST_TEST(result.image.config.config.get_env("X").value() == "1");
  BOOST_TEST(result.image.config.history.size() == 3u);
}

BOOST_AUTO_TEST_SUITE_END()
