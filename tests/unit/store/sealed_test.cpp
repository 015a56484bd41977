#include "store/sealed.hpp"

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"

using namespace trainyard;
using namespace trainyard::store;

BOOST_AUTO_TEST_SUITE(sealed)

BOOST_AUTO_TEST_CASE(what_was_sealed_comes_back) {
  const Json value{{"a", 1}, {"text", "two\nlines \"quoted\" é"}, {"list", {1.5, nullptr, true}}};
  BOOST_TEST((unseal(seal(value)) == value));
}

BOOST_AUTO_TEST_CASE(every_truncation_is_noticed) {
  const std::string text = seal({{"key", "value"}});
  for (size_t size = 0; size < text.size(); ++size)
    BOOST_TEST(!unseal(std::string_view(text).substr(0, size)).has_value());
  BOOST_TEST(!unseal(text + "x").has_value());
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_is_noticed) {
  const std::string text = seal({{"key", 12}});
  for (size_t at = 0; at < text.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = text;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      BOOST_TEST(!unseal(flipped).has_value());
    }
}

BOOST_AUTO_TEST_CASE(the_first_line_is_json_for_people) {
  const std::string text = seal({{"b", 1}, {"a", 2}});
  BOOST_TEST(text.substr(0, text.find('\n')) == R"({"a":2,"b":1})");
}

BOOST_AUTO_TEST_CASE(bytes_that_would_not_come_back_are_refused) {
  BOOST_CHECK_THROW(seal("\xff"), Error);
}

BOOST_AUTO_TEST_SUITE_END()
