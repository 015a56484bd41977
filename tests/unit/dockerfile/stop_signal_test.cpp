#include "dockerfile/stop_signal.hpp"

#include <boost/test/unit_test.hpp>

using trainyard::dockerfile::problem_of_signal;

BOOST_AUTO_TEST_CASE(names_and_numbers_of_signals_are_taken) {
  for (const char* text : {"SIGTERM", "term", "sigint", "9", "64", "RTMIN", "SIGRTMIN+3", "RTMAX-14"})
    BOOST_TEST(!problem_of_signal(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(what_is_no_signal_is_refused) {
  for (const char* text : {"", "0", "65", "-9", "SIG", "SIGRTMIN+16", "RTMAX-0", "9x", "TERM KILL"})
    BOOST_TEST(problem_of_signal(text).has_value(), text);
  BOOST_TEST(problem_of_signal("SIGTREM").value() == "did you mean \"SIGTERM\"?");
}
