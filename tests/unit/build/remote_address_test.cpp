#include "build/remote_address.hpp"

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"
#include "build/build_image.hpp"

using namespace trainyard;
using namespace trainyard::build;

BOOST_AUTO_TEST_SUITE(remote_address)

BOOST_AUTO_TEST_CASE(an_address_says_what_it_is) {
  for (const char* text :
       {"https://e.org/a.git", "https://e.org/a.git#main:x", "http://e.org/a.git?ref=v1",
        "git@e.org:a/b", "ssh://git@e.org/a", "git://e.org/a", "git+https://e.org/a",
        "file:///srv/a.git", "github.com/owner/name"})
    BOOST_CHECK_MESSAGE(context_place(text) == ContextPlace::git, text);
  for (const char* text : {"https://e.org/a.tar.gz", "http://e.org/Dockerfile",
                           "https://github.com/owner/name", "https://e.org/x?y=a.git"})
    BOOST_CHECK_MESSAGE(context_place(text) == ContextPlace::web, text);
  for (const char* text : {"", ".", "a", "/a.git", "./github.com/a", "a.tar.gz", "oci:/a"})
    BOOST_CHECK_MESSAGE(context_place(text) == ContextPlace::local, text);
  BOOST_CHECK(context_place("-") == ContextPlace::input);
}

BOOST_AUTO_TEST_CASE(git_gets_a_whole_address) {
  BOOST_TEST(git_address_of("github.com/owner/name#v1") == "https://github.com/owner/name#v1");
  BOOST_TEST(git_address_of("git@e.org:a") == "git@e.org:a");
}

BOOST_AUTO_TEST_CASE(secrets_go_and_users_of_ssh_stay) {
  BOOST_TEST(address_without_secrets("https://me:word@e.org/a.git#b") == "https://e.org/a.git#b");
  BOOST_TEST(address_without_secrets("https://token@e.org/a.tgz") == "https://e.org/a.tgz");
  BOOST_TEST(address_without_secrets("git+https://token@e.org/a") == "https://e.org/a");
  BOOST_TEST(address_without_secrets("HTTPS://token@e.org/a.tgz") == "HTTPS://e.org/a.tgz");
  BOOST_TEST(address_without_secrets("Git+HTTPS://token@e.org/a") == "HTTPS://e.org/a");
  BOOST_TEST(address_without_secrets("ssh://git:word@e.org/a") == "ssh://e.org/a");
  for (const char* text :
       {"ssh://git@e.org:22/a", "git@e.org:a", "https://e.org:8080/a@b", "git://e.org/a:b@c", "-",
        "/a", "file:///a@b", "https://e.org?a@b", "https://e.org#a@b"})
    BOOST_TEST(address_without_secrets(text) == text);
}

BOOST_AUTO_TEST_CASE(an_image_is_called_by_the_end_of_the_path) {
  BOOST_TEST(name_of_address("https://e.org/o/name.git#v1:folder") == "name");
  BOOST_TEST(name_of_address("git@e.org:name") == "name");
  BOOST_TEST(name_of_address("https://e.org/name.tar.gz?x=/y") == "name");
  BOOST_TEST(name_of_address("https://e.org/name/") == "name");
  BOOST_TEST(name_of_address("-") == "context");
}

BOOST_AUTO_TEST_CASE(named_contexts_are_spelled_as_docker_has_it) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  const ContextSource image = parse_context_source("docker-image://name:v1");
  BOOST_CHECK(image.kind == ContextSource::Kind::image);
  BOOST_TEST(image.reference == "name:v1");
  const ContextSource tagged = parse_context_source("oci-layout:///l/x:v1");
  BOOST_CHECK(tagged.kind == ContextSource::Kind::layout);
  BOOST_TEST(tagged.folder == "/l/x");
  BOOST_TEST(tagged.reference == "v1");
  for (const std::string& text : {"oci-layout:///l/x@" + digest, "oci:/l/x:v1@" + digest}) {
    BOOST_TEST(parse_context_source(text).folder == "/l/x");
    BOOST_TEST(parse_context_source(text).reference == digest);
  }
  BOOST_CHECK_THROW(parse_context_source("oci:/l/x@sha256:12"), Error);
  const ContextSource remote = parse_context_source("https://e.org/a.git#v1");
  BOOST_CHECK(remote.kind == ContextSource::Kind::folder);
  BOOST_TEST(remote.remote == "https://e.org/a.git#v1");
}

BOOST_AUTO_TEST_SUITE_END()
