#include "base/crc32c.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using trainyard::crc32c;

BOOST_AUTO_TEST_SUITE(crc32c_checksum)

// RFC 3720, B.4, and the check value of the catalogue of CRCs.
BOOST_AUTO_TEST_CASE(has_the_values_of_the_standard) {
  BOOST_TEST(crc32c("123456789") == 0xe3069283U);
  BOOST_TEST(crc32c(std::string(32, '\0')) == 0x8a9136aaU);
  BOOST_TEST(crc32c(std::string(32, '\xff')) == 0x62a8ab43U);
  BOOST_TEST(crc32c("") == 0U);
}

BOOST_AUTO_TEST_CASE(goes_on_behind_what_came_before) {
  BOOST_TEST(crc32c("56789", crc32c("1234")) == 0xe3069283U);
}

BOOST_AUTO_TEST_SUITE_END()
