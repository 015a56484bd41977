#include "lint/secrets.hpp"

#include <boost/test/unit_test.hpp>

using namespace trainyard::lint;

namespace {

std::string kind_in(const std::string& text) {
  const auto found = find_secret(text);
  return found ? found->kind : "";
}

}  // namespace

BOOST_AUTO_TEST_CASE(names_of_secrets_are_known_by_their_parts) {
  for (const char* name : {"password", "DB_PASSWORD", "secret_MESSAGE", "AUTH", "api_key",
                           "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY"})
    BOOST_TEST(names_a_secret(name), name);
  for (const char* name : {"AUTHOR", "monkey", "PUBLIC_KEY", "KEY_FILE", "TOKEN_VERSION", "", "_"})
    BOOST_TEST(!names_a_secret(name), name);
}

BOOST_AUTO_TEST_CASE(credentials_are_known_by_their_form) {
  // Put together here, so that this file holds none itself.
  const std::string body = "0123456789abcdefghijABCDEFGHIJ0123456789";
  BOOST_TEST(kind_in("x=AKIA" + std::string("ABCDEFGH01234567")) == "an access key of AWS");
  BOOST_TEST(kind_in("hf_" + body) == "a token of Hugging Face");
  BOOST_TEST(kind_in("glpat-" + body) == "a token of GitLab");
  BOOST_TEST(kind_in("-----BEGIN OPENSSH PRIVATE" + std::string(" KEY-----")) == "a private key");
  BOOST_TEST(kind_in("curl https://user:pa55@e.org/") == "a password in an address");
  const auto found = find_secret("ab ghp_" + body + " c");
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->offset == 3u);
  BOOST_TEST(found->length == 44u);
}

BOOST_AUTO_TEST_CASE(placeholders_and_variables_are_no_secrets) {
  for (const char* text :
       {"hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "https://user:$TOKEN@e.org",
        "https://e.org:80/a@b", "https://<user>:<password>@e.org", "git@e.org:a/b",
        "-----BEGIN CERTIFICATE-----", "AKIA", "half_0123456789abcdefghijABCDEFGHIJ0123456789"})
    BOOST_TEST(kind_in(text).empty(), text);
}
