// This executable is the tests and, started by the native engine, also its supervisor.

#define BOOST_TEST_MODULE build
#define BOOST_TEST_NO_MAIN  // there is one below
#include <boost/test/unit_test.hpp>

#include "build/build_image.hpp"
#include "engine/native/native_engine.hpp"
#include "store/layer_trees.hpp"

int main(int argc, char** argv) {
  if (trainyard::engine::native::is_supervisor_call(argc, argv)) {
    trainyard::JobTable jobs = trainyard::store::layer_jobs();
    jobs.merge(trainyard::build::build_jobs());
    return trainyard::engine::native::serve_supervisor(jobs);
  }
  return boost::unit_test::unit_test_main(&init_unit_test, argc, argv);
}
