#include "cli/container_options.hpp"

#include <boost/test/unit_test.hpp>

#include "../scoped_variable.hpp"
#include "base/file.hpp"
#include "cli/arguments.hpp"
#include "complaint.hpp"

using namespace trainyard;
using namespace trainyard::cli;
using engine::Mount;
using engine::Network;
using testing::ScopedVariable;
using Words = std::vector<std::string>;

namespace {

/// What these words make of an image's container that has PATH and LEVEL=1.
engine::ContainerSpec spec_of(const Words& words) {
  CLI::App app("Runs.", "run");
  ContainerOptions options;
  options.add_to(app);
  parse(app, words);
  engine::ContainerSpec spec;
  spec.environment = {"PATH=/bin", "LEVEL=1"};
  spec.working_directory = "/image";
  spec.user = "image";
  options.apply(spec);
  return spec;
}

Words environment_of(const Words& words) {
  return spec_of(words).environment;
}

/// Whether the words are a usage error that names `option`.
bool refused(const Words& words, const std::string& option) {
  const auto complaint = testing::complaint_of([&] { spec_of(words); });
  BOOST_TEST((complaint.code == ExitCode::usage), words.back());
  BOOST_TEST_INFO(complaint.text);
  return complaint.names(option);
}

}  // namespace

#define TEST_EQUAL_WORDS(left, ...) \
  BOOST_TEST((left) == (Words __VA_ARGS__), boost::test_tools::per_element())

BOOST_AUTO_TEST_SUITE(container_options)

BOOST_AUTO_TEST_CASE(without_options_the_image_decides_and_the_network_is_the_machines) {
  const engine::ContainerSpec spec = spec_of({});
  TEST_EQUAL_WORDS(spec.environment, {"PATH=/bin", "LEVEL=1"});
  BOOST_TEST(spec.working_directory == "/image");
  BOOST_TEST(spec.user == "image");
  BOOST_TEST(spec.hostname == engine::ContainerSpec().hostname);
  BOOST_TEST((spec.network == Network::host));
  BOOST_TEST(spec.mounts.empty());
  BOOST_TEST(!spec.limits.cpus.has_value());
  BOOST_TEST(!spec.limits.memory.has_value());
  BOOST_TEST(!spec.limits.shm_size.has_value());
  BOOST_TEST(spec.limits.pids == engine::Limits().pids);
  BOOST_TEST(!spec.timeout.has_value());
  BOOST_TEST(!spec.interactive);
  BOOST_TEST(!spec.terminal);
  BOOST_TEST(spec.init);
}

BOOST_AUTO_TEST_CASE(variables_are_added_or_set_where_they_stand) {
  TEST_EQUAL_WORDS(environment_of({"-e", "NEW=a=b", "--env", "LEVEL=2", "-e", "EMPTY="}),
                   {"PATH=/bin", "LEVEL=2", "NEW=a=b", "EMPTY="});
  TEST_EQUAL_WORDS(environment_of({"-e", "LEV=x"}), {"PATH=/bin", "LEVEL=1", "LEV=x"});
}

BOOST_AUTO_TEST_CASE(a_name_without_value_hands_the_tools_own_on_if_there_is_one) {
  const ScopedVariable own("TRAINYARD_TEST_OWN", "mine");
  const ScopedVariable absent("TRAINYARD_TEST_ABSENT", nullptr);
  TEST_EQUAL_WORDS(environment_of({"-e", "TRAINYARD_TEST_OWN", "-e", "TRAINYARD_TEST_ABSENT"}),
                   {"PATH=/bin", "LEVEL=1", "TRAINYARD_TEST_OWN=mine"});
}

BOOST_AUTO_TEST_CASE(a_variable_without_a_name_is_refused) {
  BOOST_TEST(refused({"-e", "=x"}, "--env"));
}

BOOST_AUTO_TEST_CASE(a_file_of_variables_has_one_a_line_and_gives_way_to_env) {
  const TemporaryDirectory folder;
  const ScopedVariable own("TRAINYARD_TEST_OWN", "mine");
  const std::string file = folder.path() / "variables";
  write_file_atomic(file, "# a comment\nA=1\r\n\nB=two words # kept\nTRAINYARD_TEST_OWN\nLEVEL=5");
  TEST_EQUAL_WORDS(
      environment_of({"-e", "A=first", "--env-file", file}),
      {"PATH=/bin", "LEVEL=5", "A=first", "B=two words # kept", "TRAINYARD_TEST_OWN=mine"});
  write_file_atomic(file, "=nothing\n");
  BOOST_TEST(refused({"--env-file", file}, file));
}

BOOST_AUTO_TEST_CASE(a_file_of_variables_that_is_not_there_is_a_usage_error) {
  BOOST_TEST(refused({"--env-file", "/no/such/file"}, "--env-file"));
}

BOOST_AUTO_TEST_CASE(a_volume_is_writable_unless_it_is_said_to_be_read_only) {
  const TemporaryDirectory folder;
  const std::string source = folder.path();
  const auto access = [&source](const std::string& options) {
    const engine::ContainerSpec spec = spec_of({"-v", source + ":/data" + options});
    BOOST_TEST_REQUIRE(spec.mounts.size() == 1U);
    BOOST_TEST((spec.mounts[0].kind == Mount::Kind::bind));
    BOOST_TEST(spec.mounts[0].source == source);
    BOOST_TEST(spec.mounts[0].target == "/data");
    return spec.mounts[0].access;
  };
  BOOST_TEST((access("") == Mount::Access::read_write));
  BOOST_TEST((access(":rw") == Mount::Access::read_write));
  BOOST_TEST((access(":ro") == Mount::Access::read_only));
  BOOST_TEST((access(":Z,ro") == Mount::Access::read_only));
}

BOOST_AUTO_TEST_CASE(a_relative_source_is_one_of_the_current_folder) {
  const engine::ContainerSpec spec = spec_of({"--volume", ".:/here"});
  BOOST_TEST(spec.mounts.at(0).source == fs::current_path());
}

BOOST_AUTO_TEST_CASE(what_is_no_volume_is_refused) {
  const TemporaryDirectory folder;
  const std::string source = folder.path();
  for (const std::string& text :
       Words{source, source + ":relative", ":/data", source + ":/data:ro:more",
             source + ":/data:or", source + "/absent:/data", std::string()})
    BOOST_TEST(refused({"-v", text}, "--volume"), text);
}

BOOST_AUTO_TEST_CASE(tmpfs_takes_a_target_and_a_size) {
  const engine::ContainerSpec spec = spec_of({"--tmpfs", "/a", "--tmpfs", "/b:size=64m"});
  BOOST_TEST_REQUIRE(spec.mounts.size() == 2U);
  BOOST_TEST((spec.mounts[0].kind == Mount::Kind::tmpfs));
  BOOST_TEST((spec.mounts[0].access == Mount::Access::read_write));
  BOOST_TEST(spec.mounts[0].target == "/a");
  BOOST_TEST(spec.mounts[0].size == 0U);
  BOOST_TEST(spec.mounts[1].target == "/b");
  BOOST_TEST(spec.mounts[1].size == 64U << 20);
  for (const char* text : {"relative", "/a:mode=1777", "/a:size=", "/a:size=big"})
    BOOST_TEST(refused({"--tmpfs", text}, "--tmpfs"), text);
}

BOOST_AUTO_TEST_CASE(limits_are_read_in_their_units) {
  const engine::ContainerSpec spec = spec_of({"-m", "2g", "--cpus", "1.5", "--shm-size", "128m",
                                              "--pids-limit", "99", "--timeout", "1m30s"});
  BOOST_TEST(spec.limits.memory.value() == 2ULL << 30);
  BOOST_TEST(spec.limits.cpus.value() == 1.5);
  BOOST_TEST(spec.limits.shm_size.value() == 128U << 20);
  BOOST_TEST(spec.limits.pids == 99U);
  BOOST_TEST((spec.timeout == std::chrono::seconds(90)));
}

BOOST_AUTO_TEST_CASE(bad_limits_name_their_option) {
  for (const char* text : {"much", "-1", "1.5x"}) {
    for (const char* option : {"--memory", "--shm-size", "--cpus", "--timeout", "--pids-limit"})
      BOOST_TEST(refused({std::string(option) + "=" + text}, option), option << " " << text);
  }
  for (const char* text : {"0", "nan", "inf"})
    BOOST_TEST(refused({"--cpus", text}, "--cpus"), text);
  BOOST_TEST(refused({"--pids-limit", "0"}, "--pids-limit"));
}

BOOST_AUTO_TEST_CASE(networks_have_three_names) {
  BOOST_TEST((spec_of({"--network", "host"}).network == Network::host));
  BOOST_TEST((spec_of({"--net", "none"}).network == Network::none));
  BOOST_TEST((spec_of({"--network=private"}).network == Network::private_));
  BOOST_TEST(refused({"--network", "bridge"}, "--network"));
  BOOST_TEST(refused({"--network", "privat"}, "did you mean \"private\"?"));
}

BOOST_AUTO_TEST_CASE(a_port_that_keeps_its_number_needs_nothing) {
  for (const char* port : {"8080", "8080:8080", "127.0.0.1:8080:8080"})
    BOOST_TEST(spec_of({"-p", port}).mounts.empty(), port);
}

BOOST_AUTO_TEST_CASE(a_port_that_cannot_be_reached_is_refused) {
  BOOST_TEST(refused({"-p", "8080:80"}, "--publish"));
  BOOST_TEST(refused({"--network", "none", "-p", "80:80"}, "--publish"));
  BOOST_TEST(refused({"--network", "private", "-p", "80"}, "--publish"));
}

BOOST_AUTO_TEST_CASE(the_rest_replaces_what_the_image_says) {
  const engine::ContainerSpec spec =
      spec_of({"-w", "/work", "-u", "1000:100", "--name", "box", "-i", "-t", "--init", "--rm"});
  BOOST_TEST(spec.working_directory == "/work");
  BOOST_TEST(spec.user == "1000:100");
  BOOST_TEST(spec.hostname == "box");
  BOOST_TEST(spec.interactive);
  BOOST_TEST(spec.terminal);
  BOOST_TEST(spec_of({"--name", "box", "--hostname", "host"}).hostname == "host");
}

BOOST_AUTO_TEST_CASE(an_entrypoint_that_was_given_is_known_even_when_it_is_empty) {
  for (const char* text : {"/bin/sh", ""}) {
    CLI::App app("Runs.", "run");
    ContainerOptions options;
    options.add_to(app);
    BOOST_TEST(!options.entrypoint().has_value());
    parse(app, {"--entrypoint", text});
    BOOST_TEST_REQUIRE(options.entrypoint().has_value());
    BOOST_TEST(*options.entrypoint() == text);
  }
}

BOOST_AUTO_TEST_SUITE_END()
