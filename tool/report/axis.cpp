#include "report/axis.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace trainyard::report {

namespace {

std::string superscript(int number) {
  static constexpr const char* k_digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = number < 0 ? "⁻" : "";
  for (const char digit : std::to_string(std::abs(number))) text += k_digits[digit - '0'];
  return text;
}

std::string fixed(double value, int decimals) {
  char text[400];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  const std::string number = text;
  // A minus as wide as a plus; no "-0".
  if (number.front() != '-') return number;
  return number.find_first_not_of("-0.") == std::string::npos ? number.substr(1)
                                                              : "−" + number.substr(1);
}

int exponent_of(double value) {
  return static_cast<int>(std::floor(std::log10(std::abs(value)) + 1e-9));
}

/// 1, 2 or 5 times a power of ten that is near `wanted`, or somewhat more.
double nice_step(double wanted) {
  const double least = 0.65 * wanted;
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

/// Labels of ticks that are `step` apart: decimals as they are needed, powers of ten where numbers
/// would be long.
std::vector<Tick> labelled(const std::vector<double>& values, double step) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  const int exponent = largest > 0 ? exponent_of(largest) : 0;
  const int finest = exponent_of(step);
  const bool powers = largest > 0 && (exponent >= 6 || exponent <= -4);
  std::vector<Tick> ticks;
  for (const double value : values) {
    if (!powers) {
      ticks.push_back({value, fixed(value, std::max(0, -finest))});
    } else if (std::abs(value) < step / 2) {
      ticks.push_back({value, "0"});
    } else {
      const int decimals = std::max(0, exponent - finest);
      ticks.push_back(
          {value, fixed(value / std::pow(10, exponent), decimals) + "·10" + superscript(exponent)});
    }
  }
  return ticks;
}

std::string power_label(double value) {
  const int exponent = exponent_of(value);
  const double factor = value / std::pow(10, exponent);
  if (exponent >= -3 && exponent <= 4) return fixed(value, std::max(0, -exponent));
  return (factor < 1.5 ? "10" : fixed(factor, 0) + "·10") + superscript(exponent);
}

}  // namespace

Axis Axis::spanning(const std::vector<double>& values, Scale scale, Numbers numbers, int ticks,
                    double padding) {
  Axis axis;
  axis.scale_ = scale;
  std::optional<double> low, high;
  for (const double value : values) {
    if (!std::isfinite(value) || (scale == Scale::logarithmic && value <= 0)) continue;
    const double at = scale == Scale::logarithmic ? std::log10(value) : value;
    low = std::min(low.value_or(at), at);
    high = std::max(high.value_or(at), at);
  }
  if (low && high) {
    double pad = padding * (*high - *low);
    if (*low == *high)
      pad = scale == Scale::logarithmic || *low == 0 ? 0.5
            : numbers == Numbers::whole              ? 1
                                                     : std::abs(*low) / 10;
    axis.low_ = *low - pad;
    axis.high_ = *high + pad;
    // What is never negative does not look as if it could be.
    if (scale == Scale::linear && *low >= 0) axis.low_ = std::max(axis.low_, 0.0);
  } else if (scale == Scale::logarithmic) {
    axis.low_ = -1;
  }
  if (scale == Scale::logarithmic)
    axis.add_logarithmic_ticks(ticks);
  else
    axis.add_linear_ticks(numbers, ticks);
  return axis;
}

std::optional<double> Axis::position(double value) const {
  if (!std::isfinite(value) || (scale_ == Scale::logarithmic && value <= 0)) return std::nullopt;
  return ((scale_ == Scale::logarithmic ? std::log10(value) : value) - low_) / (high_ - low_);
}

void Axis::add_linear_ticks(Numbers numbers, int count) {
  double step = nice_step((high_ - low_) / std::max(count, 1));
  if (numbers == Numbers::whole) step = std::max(step, 1.0);
  std::vector<double> values;
  // Numbers so near to each other that a double cannot tell ticks apart have the ends alone.
  if (low_ + step > low_ && high_ - step < high_)
    for (double index = std::ceil(low_ / step - 1e-9); index * step <= high_ + step * 1e-9; ++index)
      values.push_back(index * step);
  else
    values = {low_, high_};
  ticks_ = labelled(values, step);
}

void Axis::add_logarithmic_ticks(int count) {
  const int first = static_cast<int>(std::floor(low_)), last = static_cast<int>(std::ceil(high_));
  const auto collect = [&](const std::vector<double>& factors, int every) {
    std::vector<Tick> found;
    for (int exponent = first; exponent <= last; ++exponent)
      for (const double factor : factors) {
        const double at = exponent + std::log10(factor);
        if (exponent % every == 0 && at >= low_ - 1e-9 && at <= high_ + 1e-9) {
          const double value = factor * std::pow(10, exponent);
          found.push_back({value, power_label(value)});
        }
      }
    return found;
  };
  int every = 1000;
  for (const int step : {500, 200, 100, 50, 20, 10, 5, 3, 2, 1})
    if ((last - first) <= step * std::max(count, 1)) every = step;
  ticks_ = collect({1}, every);
  if (ticks_.size() < 3 && every == 1) ticks_ = collect({1, 2, 5}, 1);
  if (ticks_.size() >= 2) return;
  // Less than the distance from 2 to 5: as on a linear axis.
  const double from = std::pow(10, low_), to = std::pow(10, high_);
  const double step = nice_step((to - from) / std::max(count, 1));
  std::vector<double> values;
  for (double index = std::ceil(from / step); index * step <= to && values.size() < 100; ++index)
    values.push_back(index * step);
  ticks_ = labelled(values, step);
}

}  // namespace trainyard::report
