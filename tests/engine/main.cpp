// The tests' executable is also its own supervisor, and the victim of kill_test.cpp.
#define BOOST_TEST_NO_MAIN
#define BOOST_TEST_ALTERNATIVE_INIT_API
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <cstdlib>

#include "base/process.hpp"
#include "container_fixture.hpp"
#include "engine/native/native_engine.hpp"
#include "victim.hpp"

using namespace trainyard;

namespace {

constexpr int k_skipped = 77;

bool can_run() {
  const char* runtime = std::getenv("TRAINYARD_RUNTIME");
  for (const std::string& program :
       {std::string("busybox"), std::string(runtime != nullptr ? runtime : "crun")})
    if (find_program(program).empty()) {
      std::printf("skipped: %s is not installed\n", program.c_str());
      return false;
    }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (engine::native::is_supervisor_call(argc, argv))
    return engine::native::serve_supervisor(engine::test_jobs());
  if (engine::is_victim_call(argc, argv)) return engine::run_victim(argv);
  if (!can_run()) return std::getenv("TRAINYARD_TESTS_NO_SKIP") != nullptr ? 1 : k_skipped;
  return boost::unit_test::unit_test_main([] { return true; }, argc, argv);
}
