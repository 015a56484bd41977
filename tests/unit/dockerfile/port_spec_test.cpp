#include "dockerfile/port_spec.hpp"

#include <boost/test/unit_test.hpp>

using trainyard::dockerfile::parse_port;

BOOST_AUTO_TEST_CASE(ports_ranges_and_protocols_are_read) {
  const auto range = parse_port("8000-8003/UDP");
  BOOST_REQUIRE(range.has_value());
  BOOST_TEST(range->first == 8000);
  BOOST_TEST(range->last == 8003);
  BOOST_TEST(range->protocol == "udp");
  BOOST_TEST(range->written_protocol == "UDP");
  BOOST_TEST(!range->maps);
  BOOST_TEST(parse_port("80")->protocol == "tcp");
  BOOST_TEST(parse_port("80/sctp")->protocol == "sctp");
}

BOOST_AUTO_TEST_CASE(of_a_mapping_the_ports_of_the_container_are_taken) {
  for (const char* text :
       {"5000:80", "127.0.0.1:5000:80", "[::1]:5000:80/tcp", "127.0.0.1::80", "9000-9010:80"}) {
    const auto spec = parse_port(text);
    BOOST_REQUIRE_MESSAGE(spec.has_value(), text);
    BOOST_TEST(spec->first == 80);
    BOOST_TEST(spec->last == 80);
    BOOST_TEST(spec->maps);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_port_is_refused) {
  for (const char* text : {"", "x", "-1", "65536", "80/http", "90-80", "80-", "/tcp",
                           "host:5000:80", "x:80", ":80", "1-3:80-81", "80 90"})
    BOOST_TEST(!parse_port(text).has_value(), text);
}
