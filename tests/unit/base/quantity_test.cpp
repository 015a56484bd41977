#include "base/quantity.hpp"

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"

using namespace trainyard;

BOOST_AUTO_TEST_SUITE(quantities)

BOOST_AUTO_TEST_CASE(sizes_are_powers_of_1024) {
  BOOST_TEST(parse_bytes("512", "x") == 512U);
  BOOST_TEST(parse_bytes("512b", "x") == 512U);
  BOOST_TEST(parse_bytes("64m", "x") == 64U << 20);
  BOOST_TEST(parse_bytes("2G", "x") == 2ULL << 30);
  BOOST_TEST(parse_bytes("1.5GiB", "x") == 3ULL << 29);
  BOOST_TEST(parse_bytes("10kb", "x") == 10240U);
  BOOST_TEST(parse_bytes("1t", "x") == 1ULL << 40);
}

BOOST_AUTO_TEST_CASE(what_is_no_size_is_refused_by_name) {
  for (const char* text : {"", "x", "1x", "-1", "1 g", "1gg", "1.2.3", "99999999p", "m", "1e3"}) {
    try {
      parse_bytes(text, "--memory");
      BOOST_ERROR(std::string("accepted ") + text);
    } catch (const Error& error) {
      BOOST_TEST(error.subject() == "--memory");
      BOOST_TEST((error.code() == ExitCode::usage));
      BOOST_TEST(!error.hint().empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(durations_add_up) {
  BOOST_TEST(parse_duration("90", "x") == 90'000'000'000);
  BOOST_TEST(parse_duration("1.5", "x") == 1'500'000'000);
  BOOST_TEST(parse_duration("500ms", "x") == 500'000'000);
  BOOST_TEST(parse_duration("1h30m", "x") == 5400'000'000'000);
  BOOST_TEST(parse_duration("2.5s", "x") == 2'500'000'000);
  BOOST_TEST(parse_duration("1d", "x") == 86400'000'000'000);
}

BOOST_AUTO_TEST_CASE(what_is_no_duration_is_refused) {
  for (const char* text : {"", "x", "1y", "-1s", "1h30", "30 s", "s", "1000000d"})
    BOOST_CHECK_THROW(parse_duration(text, "TIMEOUT"), Error);
}

BOOST_AUTO_TEST_CASE(sizes_for_people_have_two_or_three_digits) {
  BOOST_TEST(format_bytes(0) == "0 B");
  BOOST_TEST(format_bytes(999) == "999 B");
  BOOST_TEST(format_bytes(1000) == "1.0 kB");
  BOOST_TEST(format_bytes(5'340'000) == "5.3 MB");
  BOOST_TEST(format_bytes(12'000'000) == "12 MB");
  BOOST_TEST(format_bytes(999'499) == "999 kB");
  BOOST_TEST(format_bytes(999'500) == "1.0 MB");
  BOOST_TEST(format_bytes(UINT64_MAX) == "18 EB");
}

BOOST_AUTO_TEST_CASE(durations_for_people) {
  BOOST_TEST(format_duration(0.417) == "0.42 s");
  BOOST_TEST(format_duration(41.16) == "41.2 s");
  BOOST_TEST(format_duration(192) == "3 min 12 s");
  BOOST_TEST(format_duration(7500) == "2 h 05 min");
  BOOST_TEST(format_duration(9.996) == "10.0 s");
}

BOOST_AUTO_TEST_SUITE_END()
