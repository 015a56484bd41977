#include <boost/test/unit_test.hpp>
#include <cstdlib>

#include "base/file.hpp"
#include "container_fixture.hpp"

namespace trainyard::engine {

namespace {

constexpr const char* k_probe =
    "grep Seccomp: /proc/self/status; mount -t tmpfs x /tmp 2>/dev/null || echo refused; "
    "unshare -U true 2>/dev/null || echo refused";
constexpr const char* k_filtered = "Seccomp:\t2\nrefused\nrefused\n";

std::vector<fs::path> filters_of(const ContainerFixture& fixture) {
  std::vector<fs::path> files;
  if (fs::exists(fixture.store / "engine/filters"))
    for (const auto& entry : fs::directory_iterator(fixture.store / "engine/filters"))
      files.push_back(entry.path());
  return files;
}

bool runtime_is_crun() {
  const char* runtime = std::getenv("TRAINYARD_RUNTIME");
  return runtime != nullptr && std::string(runtime).find("crun") != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(filter)

BOOST_FIXTURE_TEST_CASE(a_kept_filter_refuses_what_a_compiled_one_does, ContainerFixture) {
  BOOST_TEST(run(shell(k_probe)).out == k_filtered);
  BOOST_TEST(filters_of(*this).size() == (runtime_is_crun() ? 1U : 0U));
  BOOST_TEST(run(shell(k_probe)).out == k_filtered);
  BOOST_TEST(filters_of(*this).size() == (runtime_is_crun() ? 1U : 0U));
}

BOOST_FIXTURE_TEST_CASE(a_damaged_filter_is_made_again, ContainerFixture) {
  if (!runtime_is_crun()) return;  // nothing is kept for runc
  BOOST_TEST(run(shell("true")).result.exit_code == 0);
  BOOST_REQUIRE(filters_of(*this).size() == 1);
  const fs::path file = filters_of(*this).front();
  const std::string whole = read_file(file);
  // "allow everything", cut short, emptied, a bit flipped
  const std::string allow("\x06\0\0\0\0\0\xff\x7f", 8);
  std::string flipped = whole;
  flipped[100] = static_cast<char>(flipped[100] ^ 4);
  for (const std::string& damaged :
       {whole.substr(0, 33) + allow, whole.substr(0, whole.size() / 2), std::string(), flipped}) {
    write_file_atomic(file, damaged);
    BOOST_TEST(run(shell(k_probe)).out == k_filtered);
    BOOST_TEST((read_file(file) == whole));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace trainyard::engine
