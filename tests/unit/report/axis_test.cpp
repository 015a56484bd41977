#include "report/axis.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

using namespace trainyard::report;

namespace {
std::string labels(const std::vector<double>& values, Scale scale = Scale::linear, int ticks = 5,
                   Numbers numbers = Numbers::any) {
  std::string text;
  const Axis axis = Axis::spanning(values, scale, numbers, ticks, 0.05);
  for (const Tick& tick : axis.ticks())
    text += (text.empty() ? "" : " ") + tick.label;
  return text;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(axis)

BOOST_AUTO_TEST_CASE(ticks_are_where_people_put_them) {
  BOOST_TEST(labels({0, 1}) == "0.0 0.2 0.4 0.6 0.8 1.0");
  BOOST_TEST(labels({0, 1}, Scale::linear, 3) == "0.0 0.5 1.0");
  BOOST_TEST(labels({0.912, 0.958}) == "0.91 0.92 0.93 0.94 0.95 0.96");
  BOOST_TEST(labels({-3, 4}) == "−2 0 2 4");
  BOOST_TEST(labels({1, 2, 3}, Scale::linear, 10, Numbers::whole) == "1 2 3");
  BOOST_TEST(labels({0, 120'000}) == "0 20000 40000 60000 80000 100000 120000");
}

BOOST_AUTO_TEST_CASE(long_numbers_are_powers_of_ten) {
  BOOST_TEST(labels({0, 3e7}) == "0 0.5·10⁷ 1.0·10⁷ 1.5·10⁷ 2.0·10⁷ 2.5·10⁷ 3.0·10⁷");
  BOOST_TEST(labels({1e-5, 3e-5}) == "1.0·10⁻⁵ 1.5·10⁻⁵ 2.0·10⁻⁵ 2.5·10⁻⁵ 3.0·10⁻⁵");
}

BOOST_AUTO_TEST_CASE(logarithmic_ticks_are_powers_of_ten_or_between_them) {
  BOOST_TEST(labels({1e-6, 1}, Scale::logarithmic, 8) == "10⁻⁶ 10⁻⁵ 10⁻⁴ 0.001 0.01 0.1 1");
  BOOST_TEST(labels({0.2, 3}, Scale::logarithmic) == "0.2 0.5 1 2");
  BOOST_TEST(labels({3, 4.5}, Scale::logarithmic) == "3.0 3.5 4.0 4.5");
  const std::string wide = labels({1e-30, 1e30}, Scale::logarithmic);
  BOOST_TEST(wide.find("10²⁰") != std::string::npos, wide);
}

BOOST_AUTO_TEST_CASE(values_lie_between_the_ends) {
  const Axis linear = Axis::spanning({2, 4}, Scale::linear, Numbers::any, 5, 0);
  BOOST_TEST(linear.position(2).value() == 0);
  BOOST_TEST(linear.position(3).value() == 0.5);
  BOOST_TEST(!linear.position(std::nan("")).has_value());
  const Axis logarithmic = Axis::spanning({1, 100}, Scale::logarithmic, Numbers::any, 5, 0);
  BOOST_TEST(std::abs(logarithmic.position(10).value() - 0.5) < 1e-12);
  BOOST_TEST(!logarithmic.position(0).has_value());
  BOOST_TEST(!logarithmic.position(std::numeric_limits<double>::infinity()).has_value());
}

BOOST_AUTO_TEST_CASE(whatever_the_values_there_are_few_ticks) {
  const double most = std::numeric_limits<double>::max();
  for (const std::vector<double>& values : {std::vector<double>{},
                                            {5},
                                            {0},
                                            {-1, -1},
                                            {1e300, 1e308},
                                            {5e-324, 1e-320},
                                            {1, 1 + 1e-15},
                                            {most, -most},
                                            {std::nan("")},
                                            {1e16, 1e16 + 2}})
    for (const Scale scale : {Scale::linear, Scale::logarithmic}) {
      const Axis one = Axis::spanning(values, scale, Numbers::any, 6, 0.05);
      BOOST_TEST(one.ticks().size() <= 20U);
      for (const Tick& tick : one.ticks()) BOOST_TEST(tick.label.size() < 60U);
    }
}

BOOST_AUTO_TEST_SUITE_END()
