#include <boost/test/unit_test.hpp>

#include "base/error.hpp"
#include "container_fixture.hpp"

namespace trainyard::engine {

BOOST_AUTO_TEST_SUITE(layers)

BOOST_FIXTURE_TEST_CASE(a_step_that_changes_nothing_leaves_an_empty_upper, ContainerFixture) {
  for (const Network network : {Network::none, Network::host}) {
    ContainerSpec spec = shell("true");
    spec.network = network;
    spec.upper = fresh_upper();
    run(spec);
    BOOST_TEST(entries(*spec.upper).empty());
  }
}

BOOST_FIXTURE_TEST_CASE(an_upper_holds_what_the_command_changed_and_no_mount_target,
                        ContainerFixture) {
  make_directories(folder.path() / "data");
  Mount mount;
  mount.source = folder.path() / "data";
  mount.target = "/etc/mounted";
  ContainerSpec spec = shell("echo new > /etc/new; rm /etc/group; echo changed >> /etc/hosts");
  spec.mounts = {mount};
  spec.upper = fresh_upper();
  BOOST_TEST(run(spec).result.exit_code == 0);
  // etc/group is there as a whiteout.
  BOOST_TEST((entries(*spec.upper) == std::vector<std::string>{"etc", "etc/group", "etc/new"}));
}

BOOST_FIXTURE_TEST_CASE(an_upper_becomes_the_next_steps_layer, ContainerFixture) {
  ContainerSpec first = shell("echo one > /tmp/a; rm /etc/group; mkdir /d; chown 1000:44 /d");
  first.upper = fresh_upper();
  run(first);
  ContainerSpec second = shell("cat /tmp/a; ls /etc/group 2>/dev/null; stat -c %u:%g /d");
  second.layers.push_back(*first.upper);
  BOOST_TEST(run(second).out == (one_id() ? "one\n0:0\n" : "one\n1000:44\n"));
}

BOOST_FIXTURE_TEST_CASE(a_hundred_and_twenty_eight_layers_with_long_names_are_one_root,
                        ContainerFixture) {
  ContainerSpec spec =
      shell("ls /many | head -n 200 | while read n; do printf x; done; cat /many/top");
  for (int i = 0; i < 128; ++i) {
    const fs::path path = folder.path() / (std::string(100, 'n') + std::to_string(i));
    write_file_atomic(path / "many" / std::to_string(i), "");
    write_file_atomic(path / "many/top", std::to_string(i));
    spec.layers.push_back(path);
  }
  BOOST_TEST(run(spec).out == std::string(129, 'x') + "127");
}

BOOST_FIXTURE_TEST_CASE(too_many_layers_are_an_error_that_names_the_limit, ContainerFixture) {
  ContainerSpec spec = shell("true");
  for (int i = 0; i < 600; ++i) {
    spec.layers.push_back(folder.path() / "layers" / std::to_string(i));
    make_directories(spec.layers.back());
  }
  BOOST_CHECK_EXCEPTION(run(spec), Error, [](const Error& error) {
    return error.cause().find("500") != std::string::npos;
  });
}

BOOST_FIXTURE_TEST_CASE(a_missing_layer_is_named, ContainerFixture) {
  ContainerSpec spec = shell("true");
  spec.layers.push_back("/no/such/layer");
  BOOST_CHECK_EXCEPTION(run(spec), Error,
                        [](const Error& error) { return error.subject() == "/no/such/layer"; });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace trainyard::engine
