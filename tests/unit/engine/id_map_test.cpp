#include "engine/native/id_map.hpp"

#include <boost/test/unit_test.hpp>

using namespace trainyard::engine::native;

BOOST_AUTO_TEST_CASE(ranges_are_found_by_name_and_by_number) {
  const auto ranges =
      parse_subordinate_ids("ann:100000:65536\n1001:300000:1000\nbob:200000:65536\n", "ann", 1001);
  BOOST_REQUIRE_EQUAL(ranges.size(), 2U);
  BOOST_TEST(ranges[0].start == 100000U);
  BOOST_TEST(ranges[0].count == 65536U);
  BOOST_TEST(ranges[1].start == 300000U);
}

BOOST_AUTO_TEST_CASE(lines_that_cannot_be_read_are_passed_over) {
  BOOST_TEST(parse_subordinate_ids("ann\nann:x:1\nann:1:\nann:5:0\n:::\n", "ann", 1).empty());
}

BOOST_AUTO_TEST_CASE(a_name_that_only_begins_alike_is_somebody_else) {
  BOOST_TEST(parse_subordinate_ids("anna:100000:65536", "ann", 1).empty());
}

BOOST_AUTO_TEST_CASE(a_new_range_begins_behind_all_that_are_lent) {
  BOOST_TEST(first_free_subordinate_id({"", ""}) == 100000U);
  BOOST_TEST(first_free_subordinate_id({"ann:100000:65536\n", "bob:300000:10\n"}) == 300010U);
}
