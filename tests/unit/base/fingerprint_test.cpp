#include "base/fingerprint.hpp"

#include <boost/test/unit_test.hpp>

using namespace trainyard;

BOOST_AUTO_TEST_SUITE(fingerprints)

// Values of xxHash's own xxhsum -H2: what is on disk must be read by later versions.
BOOST_AUTO_TEST_CASE(known_values) {
  BOOST_TEST(fingerprint("").hex() == "99aa06d3014798d86001c324468d497f");
  BOOST_TEST(fingerprint("abc").hex() == "06b05ab6733a618578af5f94892f3950");
}

BOOST_AUTO_TEST_CASE(a_stream_gives_the_same_however_it_is_cut) {
  std::string data;
  for (int i = 0; i < 5000; ++i) data += static_cast<char>(i * 7);
  for (const size_t step : {1U, 13U, 240U, 1024U, 4999U}) {
    FingerprintStream stream;
    for (size_t at = 0; at < data.size(); at += step)
      stream.update(std::string_view(data).substr(at, step));
    BOOST_TEST((stream.finish() == fingerprint(data)));
  }
  BOOST_TEST((FingerprintStream().finish() == fingerprint("")));
}

BOOST_AUTO_TEST_CASE(other_data_has_another_fingerprint) {
  BOOST_TEST((fingerprint("abc") != fingerprint("abd")));
}

BOOST_AUTO_TEST_SUITE_END()
