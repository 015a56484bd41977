#include <boost/test/unit_test.hpp>

#include "base/error.hpp"
#include "build/build_image.hpp"

using namespace trainyard;
using namespace trainyard::build;

namespace {

struct Fixture {
  TemporaryDirectory folder;
  ImageSpec read(const std::string& text) {
    write_file_atomic(folder.path() / "x.image.json", text);
    return read_image_spec(folder.path() / "x.image.json");
  }
  std::string complaint(const std::string& text) {
    try {
      read(text);
    } catch (const Error& error) {
      return error.render();
    }
    return {};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(image_spec, Fixture)

BOOST_AUTO_TEST_CASE(all_members_arrive) {
  const ImageSpec spec = read(R"x({"schema": 1, "kind": "image", "name": "t", "build_dir": "/b",
    "dockerfile": "/s/Dockerfile", "context": "/s", "stage": "final",
    "build_args": [R"~ty(A=x y;z)ty~", L"~ty(B=1;C=2)ty~"],
    "contexts": ["data=dir:/d", "base=oci:/o:v1", "up=lab/base:2"], "tags": ["lab/x:1"]})x");
  BOOST_TEST(spec.request.name == "t");
  BOOST_TEST(spec.build_dir == "/b");
  BOOST_TEST((spec.request.excluded == std::vector<fs::path>{"/b"}));
  BOOST_TEST(spec.request.stage == "final");
  BOOST_REQUIRE(spec.request.build_args.size() == 3u);
  BOOST_TEST(spec.request.build_args[0].second == "x y;z");
  BOOST_TEST(spec.request.build_args[2].first == "C");
  BOOST_TEST((spec.request.contexts.at("data").kind == ContextSource::Kind::folder));
  BOOST_TEST(spec.request.contexts.at("base").reference == "v1");
  BOOST_TEST((spec.request.contexts.at("up").kind == ContextSource::Kind::image));
  BOOST_TEST(spec.request.tags.front().str() == "lab/x:1");
}

BOOST_AUTO_TEST_CASE(of_two_secrets_or_agents_with_one_name_the_last_counts) {
  const std::string first = (folder.path() / "first").string();
  const std::string last = (folder.path() / "last").string();
  write_file_atomic(first, "");
  write_file_atomic(last, "");
  const ImageSpec spec = read(
      R"({"schema": 1, "kind": "image", "name": "t", "dockerfile": "/s/D", "secrets": ["id=a,src=)" +
      first + R"(", "id=a,src=)" + last + R"("], "ssh": ["a=)" + first + R"(", "a=)" + last +
      R"("]})");
  BOOST_TEST(spec.request.secrets.at("a").file == last);
  BOOST_REQUIRE(spec.request.ssh_agents.size() == 1u);
  const SshAgent& agent = spec.request.ssh_agents.at("a");
  BOOST_TEST((agent.socket == last || agent.keys == std::vector<fs::path>{last}));
}

BOOST_AUTO_TEST_CASE(empty_members_are_as_if_absent) {
  const ImageSpec spec = read(R"x({"schema": 1, "kind": "image", "name": "t", "dockerfile": "",
    "executables": ["/b/app"], "from": "", "stage": "", "context": ""})x");
  BOOST_TEST(!spec.request.dockerfile);
  BOOST_TEST(spec.request.executables->executables.size() == 1u);
}

BOOST_AUTO_TEST_CASE(mistakes_are_named) {
  BOOST_TEST(complaint(R"({"schema": 2, "kind": "image", "name": "t"})").find("schema") !=
             std::string::npos);
  BOOST_TEST(complaint(R"({"schema": 1, "kind": "image", "name": "t", "dockerfil": "/x",
                           "dockerfile": "/x"})")
                 .find("dockerfile") != std::string::npos);
  BOOST_TEST(complaint(R"({"schema": 1, "kind": "image", "name": "t"})").find("executables") !=
             std::string::npos);
  BOOST_TEST(complaint(R"({"schema": 1, "kind": "image", "name": "t", "dockerfile": "x"})")
                 .find("absolute") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_context_source_has_four_forms) {
  write_file_atomic(folder.path() / "x.digest", "sha256:" + std::string(64, 'a') + "\n");
  BOOST_TEST(parse_context_source("/x/../y").folder == "/y");
  BOOST_TEST(parse_context_source("oci:/a:b/c").reference == "");
  BOOST_TEST(parse_context_source("image:lab/x").reference == "lab/x");
  const ContextSource digest =
      parse_context_source("digest-file:" + (folder.path() / "x.digest").string());
  BOOST_TEST(digest.reference == "sha256:" + std::string(64, 'a'));
  BOOST_CHECK_THROW(parse_context_source(""), Error);
}

BOOST_AUTO_TEST_SUITE_END()
