// This executable is the tests, and, started by them, also the keeper and a tool that runs one
// spec.

#define BOOST_TEST_MODULE training
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "base/error.hpp"
#include "engine/native/native_engine.hpp"
#include "fake_engine.hpp"
#include "store/layer_trees.hpp"
#include "training/training_run.hpp"

namespace {

using namespace trainyard;

/// `internal-tool <store> <spec>`: what `trainyard run --spec` does with a run.
int serve_tool(char** argv) {
  training::RunEvents events;
  events.log = [](std::string_view bytes) { std::cout << bytes << std::flush; };
  events.note = [](const std::string& text) { std::cerr << text << '\n'; };
  try {
    const store::Store store = store::Store::open(fs::path(argv[2]));
    training::run_training(store, training::read_run_spec(argv[3]), events);
    return 0;
  } catch (const Error& error) {
    std::cerr << error.render();
    return static_cast<int>(error.code());
  }
}

/// Which engine the keeper uses: plain processes unless a test asks for containers.
std::unique_ptr<engine::Engine> make_engine(const store::Store& store) {
  if (std::getenv("TRAINYARD_TEST_ENGINE") == nullptr)
    return training::testing::make_fake_engine(store);
  return engine::native::make_native_engine({store.root(), std::nullopt});
}

JobTable jobs() {
  JobTable table = training::training_jobs();
  table.merge(store::layer_jobs());
  return table;
}

}  // namespace

int main(int argc, char** argv) {
  if (engine::native::is_supervisor_call(argc, argv))
    return engine::native::serve_supervisor(jobs());
  const std::string_view mode = argc > 1 ? argv[1] : "";
  if (mode == "internal-keeper") return training::serve_keeper(make_engine, argc, argv);
  if (mode == "internal-tool") return serve_tool(argv);
  return boost::unit_test::unit_test_main(&init_unit_test, argc, argv);
}
