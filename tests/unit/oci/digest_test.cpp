#include "oci/digest.hpp"

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"
#include "oci/descriptor.hpp"

using namespace trainyard;
using namespace trainyard::oci;

BOOST_AUTO_TEST_SUITE(digest)

const std::string k_empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

BOOST_AUTO_TEST_CASE(of_content_is_its_sha256) {
  BOOST_TEST(Digest::of("").str() == "sha256:" + k_empty);
  BOOST_TEST(Digest::of("").brief() == "e3b0c44298fc");
  BOOST_TEST((Digest::parse("sha256:" + k_empty) == Digest::of("")));
}

BOOST_AUTO_TEST_CASE(text_that_could_be_a_path_or_another_algorithm_is_refused) {
  const std::string hostile[] = {
      "",
      "sha256:",
      k_empty,
      "sha512:" + k_empty + k_empty,
      "sha256:../../../../../../../../../../../../../../../../../etc/passwd",
      "sha256:" + k_empty + "0",
      "sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
      "sha256:" + k_empty.substr(1) + "\n"};
  for (const std::string& text : hostile) {
    BOOST_TEST_CONTEXT(text)
    BOOST_CHECK_EXCEPTION(Digest::parse(text), Error,
                          [](const Error& e) { return e.code() == ExitCode::usage; });
  }
}

BOOST_AUTO_TEST_CASE(chain_ids_are_those_of_the_specification) {
  const Digest first = Digest::of("a"), second = Digest::of("b");
  BOOST_TEST(chain_id("", first) == first.str());
  BOOST_TEST(chain_id(first.str(), second) == Digest::of(first.str() + " " + second.str()).str());
}

BOOST_AUTO_TEST_CASE(platforms_are_read_in_two_or_three_parts) {
  BOOST_TEST((parse_platform("linux/arm64/v8") == Platform{"linux", "arm64", "v8"}));
  BOOST_TEST((parse_platform("linux/amd64") == Platform{"linux", "amd64", ""}));
  for (const char* text :
       {"", "linux", "linux/", "/amd64", "linux/amd64/", "Linux/amd64", "a/b/c/d"})
    BOOST_CHECK_THROW(parse_platform(text), Error);
  BOOST_TEST(host_platform().os == "linux");
  BOOST_TEST(!host_platform().architecture.empty());
}

BOOST_AUTO_TEST_SUITE_END()
