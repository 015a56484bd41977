#include "base/parallel.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <string>
#include <vector>

using namespace trainyard;

BOOST_AUTO_TEST_SUITE(parallel)

BOOST_AUTO_TEST_CASE(each_is_called_once) {
  for (const size_t count : {0U, 1U, 31U, 32U, 1000U}) {
    std::vector<std::atomic<int>> calls(count);
    for_each_in_parallel(count, [&](size_t i) { ++calls[i]; });
    for (const auto& n : calls) BOOST_TEST(n == 1);
  }
}

BOOST_AUTO_TEST_CASE(a_failure_arrives_and_ends_the_rest) {
  std::atomic<size_t> calls = 0;
  const auto work = [&](size_t i) {
    ++calls;
    if (i == 7) throw std::runtime_error("seven");
  };
  BOOST_CHECK_EXCEPTION(for_each_in_parallel(10'000'000, work), std::runtime_error,
                        [](const auto& error) { return std::string(error.what()) == "seven"; });
  BOOST_TEST(calls.load() < 10'000'000U);
}

BOOST_AUTO_TEST_SUITE_END()
