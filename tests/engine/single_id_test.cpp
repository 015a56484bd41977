#include <boost/test/unit_test.hpp>

#include "container_fixture.hpp"

namespace trainyard::engine {

namespace {

/// These say something only where there is one id (as_single_id.sh makes it so).
boost::test_tools::assertion_result one_id(boost::unit_test::test_unit_id) {
  ContainerFixture fixture;
  boost::test_tools::assertion_result result(fixture.engine->id_map_class() == "single");
  if (!result) result.message() << "this user has more than one id";
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(single_id, *boost::unit_test::precondition(one_id))

BOOST_FIXTURE_TEST_CASE(changes_of_owner_succeed_and_do_nothing, ContainerFixture) {
  ContainerSpec spec = shell("touch /x && chown 5:5 /x && stat -c %u:%g /x");
  BOOST_TEST(run(spec).out == "0:0\n");
}

BOOST_FIXTURE_TEST_CASE(device_nodes_are_not_made_and_fifos_are, ContainerFixture) {
  ContainerSpec spec =
      shell("busybox mknod /node c 1 3 && busybox mkfifo /fifo && ls -d /fifo /node 2>/dev/null");
  BOOST_TEST(run(spec).out == "/fifo\n");
}

BOOST_FIXTURE_TEST_CASE(another_user_is_a_warning, ContainerFixture) {
  ContainerSpec spec = shell("id -u");
  spec.user = "ann";
  const Outcome outcome = run(spec);
  BOOST_TEST(outcome.out == "0\n");
  bool warned = false;
  for (const std::string& warning : outcome.result.warnings)
    warned = warned || warning.starts_with("USER ann");
  BOOST_TEST(warned);
}

BOOST_FIXTURE_TEST_CASE(a_step_that_changes_nothing_leaves_an_empty_upper, ContainerFixture) {
  ContainerSpec spec = shell("true");
  spec.upper = fresh_upper();
  run(spec);
  BOOST_TEST(entries(*spec.upper).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace trainyard::engine
