#include "base/spelling.hpp"

#include <boost/test/unit_test.hpp>

using namespace trainyard;

BOOST_AUTO_TEST_SUITE(spelling)

BOOST_AUTO_TEST_CASE(the_nearest_word_is_found) {
  BOOST_TEST(nearest_word("RNU", {"ADD", "RUN", "ENV"}) == "RUN");
  BOOST_TEST(nearest_word("comand", {"image", "command", "inputs"}) == "command");
  BOOST_TEST(nearest_word("Entrypiont", {"ENTRYPOINT", "ENV"}) == "ENTRYPOINT");
}

BOOST_AUTO_TEST_CASE(what_is_far_from_all_has_none) {
  BOOST_TEST(nearest_word("banana", {"RUN", "COPY"}).empty());
  BOOST_TEST(nearest_word("x", {"a", "b"}).empty());
  BOOST_TEST(nearest_word("x", {}).empty());
  BOOST_TEST(nearest_word(std::string(1000, 'x'), {std::string(1000, 'x')}).empty());
}

BOOST_AUTO_TEST_CASE(a_suggestion_is_a_hint_or_nothing) {
  BOOST_TEST(suggestion("trian", {"train"}) == "did you mean \"train\"?");
  BOOST_TEST(suggestion("banana", {"train"}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
