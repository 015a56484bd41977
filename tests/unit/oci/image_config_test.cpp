#include "oci/image_config.hpp"

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"

using namespace trainyard;
using namespace trainyard::oci;

BOOST_AUTO_TEST_SUITE(image_config)

ImageConfig full() {
  ImageConfig image;
  image.author = "somebody";
  image.platform = {"linux", "arm64", "v8"};
  image.config.user = "1000:1000";
  image.config.exposed_ports = {"80/tcp", "53/udp"};
  image.config.env = {"PATH=/bin", "A=1"};
  image.config.entrypoint = {{"/app", "--x"}};
  image.config.cmd = std::vector<std::string>{};
  image.config.volumes = {"/data"};
  image.config.working_dir = "/work";
  image.config.labels = {{"k", "v"}};
  image.config.stop_signal = "SIGINT";
  image.config.healthcheck = Healthcheck{{"CMD", "true"}, 1, 2, 3, 4, 5};
  image.config.shell = {{"/bin/bash", "-c"}};
  image.config.on_build = {"RUN true"};
  image.diff_ids = {Digest::of("a")};
  image.history = {{k_constant_time, "COPY a /", "note", "me", false},
                   {"", "ENV A=1", "", "", true}};
  return image;
}

BOOST_AUTO_TEST_CASE(what_is_written_reads_back_equal) {
  const ImageConfig image = full();
  const Json json = to_json(image);
  const ImageConfig again = parse_image_config(parse_json(canonical_json(json), "x"), "x");
  BOOST_TEST((again.config == image.config));
  BOOST_TEST((again.platform == image.platform));
  BOOST_TEST((again.diff_ids == image.diff_ids));
  BOOST_TEST(canonical_json(to_json(again)) == canonical_json(json));
}

BOOST_AUTO_TEST_CASE(members_have_the_names_and_shapes_of_docker_and_oci) {
  BOOST_TEST(
      canonical_json(to_json(full())) ==
      R"({"architecture":"arm64","author":"somebody","config":{"Cmd":[],"Entrypoint":["/app","--x"],)"
      R"("Env":["PATH=/bin","A=1"],"ExposedPorts":{"53/udp":{},"80/tcp":{}},)"
      R"("Healthcheck":{"Interval":1,"Retries":5,"StartInterval":4,"StartPeriod":3,"Test":["CMD","true"],"Timeout":2},)"
      R"("Labels":{"k":"v"},"OnBuild":["RUN true"],"Shell":["/bin/bash","-c"],"StopSignal":"SIGINT",)"
      R"("User":"1000:1000","Volumes":{"/data":{}},"WorkingDir":"/work"},"created":"1980-01-01T00:00:00Z",)"
      R"("history":[{"author":"me","comment":"note","created":"1980-01-01T00:00:00Z","created_by":"COPY a /"},)"
      R"({"created_by":"ENV A=1","empty_layer":true}],"os":"linux",)"
      R"("rootfs":{"diff_ids":["sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"],)"
      R"("type":"layers"},"variant":"v8"})");
}

BOOST_AUTO_TEST_CASE(absent_members_are_left_out) {
  ImageConfig image;
  image.platform.architecture = "amd64";
  BOOST_TEST(canonical_json(to_json(image)) ==
             R"({"architecture":"amd64","config":{},"created":"1980-01-01T00:00:00Z","os":"linux",)"
             R"("rootfs":{"diff_ids":[],"type":"layers"}})");
}

BOOST_AUTO_TEST_CASE(null_and_unknown_members_of_foreign_images_are_fine) {
  const ImageConfig image = parse_image_config(
      parse_json(
          R"({"architecture":"amd64","os":"linux","docker_version":"20","container_config":{"Cmd":7},
                     "config":{"Cmd":null,"Labels":null,"Image":"x","ArgsEscaped":true,"Env":["A"]},
                     "rootfs":{"type":"layers","diff_ids":null},"history":null})",
          "x"),
      "x");
  BOOST_TEST(!image.config.cmd.has_value());
  BOOST_TEST(!image.config.get_env("A").has_value());
}

BOOST_AUTO_TEST_CASE(a_member_of_the_wrong_type_is_named) {
  const std::pair<const char*, const char*> cases[] = {
      {R"("config":[])", "config"},
      {R"("config":{"Env":"A=1"})", "Env"},
      {R"("config":{"Env":["A",["B"]]})", "Env"},
      {R"("config":{"Cmd":[1]})", "Cmd"},
      {R"("config":{"User":0})", "User"},
      {R"("config":{"User":"a\u0000b"})", "User"},
      {R"("config":{"Env":["A=\u0000"]})", "Env"},
      {R"("config":{"Labels":{"a":1}})", "Labels"},
      {R"("config":{"ExposedPorts":["80"]})", "ExposedPorts"},
      {R"("config":{"Healthcheck":{"Interval":-1}})", "Interval"},
      {R"("config":{"Healthcheck":{"Retries":99999999999}})", "Retries"},
      {R"("config":{"Healthcheck":{"Timeout":18446744073709551615}})", "Timeout"},
      {R"("history":{})", "history"},
      {R"("history":[{"empty_layer":"no"}])", "history[0]"},
      {R"("created":5)", "created"},
  };
  for (const auto& [member, name] : cases) BOOST_TEST_CONTEXT(member) {
      const std::string text = std::string(R"({"os":"linux","architecture":"amd64",)"
                                           R"("rootfs":{"type":"layers","diff_ids":[]},)") +
                               member + "}";
      BOOST_CHECK_EXCEPTION(parse_image_config(parse_json(text, "doc"), "doc"), Error,
                            [&part = name](const Error& error) {
                              return error.code() == ExitCode::usage &&
                                     error.render().find(part) != std::string::npos;
                            });
    }
}

BOOST_AUTO_TEST_CASE(a_root_file_system_must_be_a_list_of_digests) {
  for (const char* rootfs : {"", R"(,"rootfs":[])", R"(,"rootfs":{"diff_ids":[]})",
                             R"(,"rootfs":{"type":"x","diff_ids":[]})",
                             R"(,"rootfs":{"type":"layers","diff_ids":["../../x"]})",
                             R"(,"rootfs":{"type":"layers","diff_ids":"sha256:"})"})
    BOOST_TEST_CONTEXT(rootfs)
  BOOST_CHECK_THROW(
      parse_image_config(
          parse_json(std::string(R"({"os":"linux","architecture":"amd64")") + rootfs + "}", "x"),
          "x"),
      Error);
}

BOOST_AUTO_TEST_CASE(a_variable_is_replaced_in_its_place) {
  ContainerConfig config;
  config.set_env("A", "1");
  config.set_env("AB", "2");
  config.set_env("A", "3=4");
  BOOST_TEST((config.env == std::vector<std::string>{"A=3=4", "AB=2"}));
  BOOST_TEST(config.get_env("A").value() == "3=4");
  BOOST_TEST(config.get_env("AB").value() == "2");
  BOOST_TEST(!config.get_env("B").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
