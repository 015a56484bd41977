#include "oci/reference.hpp"

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"

using namespace trainyard;
using namespace trainyard::oci;

BOOST_AUTO_TEST_SUITE(reference)

const std::string k_digest = "sha256:" + std::string(64, 'a');

void check_parts(const std::string& text, const std::string& name, const std::string& tag) {
  BOOST_TEST_CONTEXT(text) {
    const Reference parsed = Reference::parse(text);
    BOOST_TEST(parsed.name == name);
    BOOST_TEST(parsed.tag == tag);
  }
}

BOOST_AUTO_TEST_CASE(names_split_into_name_and_tag) {
  check_parts("debian", "debian", "latest");
  check_parts("debian:12", "debian", "12");
  check_parts("host:5000", "host", "5000");
  check_parts("host:5000/a/b", "host:5000/a/b", "latest");
  check_parts("host:5000/a/b:1.2-x_Y", "host:5000/a/b", "1.2-x_Y");
  check_parts("localhost/x", "localhost/x", "latest");
  check_parts("[::1]:5000/x:t", "[::1]:5000/x", "t");
  check_parts("EXAMPLE.org/a__b/c--d.e", "EXAMPLE.org/a__b/c--d.e", "latest");
}

BOOST_AUTO_TEST_CASE(a_digest_takes_the_place_of_the_default_tag) {
  const Reference parsed = Reference::parse("a/b@" + k_digest);
  BOOST_TEST(parsed.tag == "");
  BOOST_TEST(parsed.digest->str() == k_digest);
  BOOST_TEST(parsed.str() == "a/b@" + k_digest);
  BOOST_TEST(Reference::parse("a/b:1@" + k_digest).str() == "a/b:1@" + k_digest);
}

BOOST_AUTO_TEST_CASE(what_is_no_name_is_refused) {
  for (const std::string text :
       {"",       ":1",          "a:",      "a//b",          "/a",   "a/",         "a..b",
        "a___b",  "-a",          "a-",      "a b",           "a:-x", "a@sha256:1", "../a",
        "a/../b", "ho_st.x:1/a", "host:/a", "host:123456/a", "a\n",  "[::1/x"})
    BOOST_TEST_CONTEXT(text) BOOST_CHECK_THROW(Reference::parse(text), Error);
  BOOST_CHECK_THROW(Reference::parse(std::string(64, 'a')), Error);
  BOOST_CHECK_THROW(Reference::parse(std::string(256, 'a')), Error);
  BOOST_CHECK_THROW(Reference::parse("a:" + std::string(129, 'a')), Error);
}

BOOST_AUTO_TEST_CASE(capital_letters_get_the_hint_to_write_small_ones) {
  BOOST_CHECK_EXCEPTION(Reference::parse("Debian:12"), Error, [](const Error& error) {
    return error.hint().find("\"debian\"") != std::string::npos && error.code() == ExitCode::usage;
  });
}

BOOST_AUTO_TEST_SUITE_END()
