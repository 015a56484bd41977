#include "base/quantity.hpp"

#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "base/error.hpp"

namespace trainyard {

namespace {

/// Reads a non-negative decimal number at the front of `text` and removes it; NaN if there is none.
double take_number(std::string_view& text) {
  size_t end = 0;
  while (end < text.size() &&
         (std::isdigit(static_cast<unsigned char>(text[end])) || text[end] == '.'))
    ++end;
  double value = std::nan("");
  const auto [stop, error] = std::from_chars(text.data(), text.data() + end, value);
  if (end == 0 || error != std::errc() || stop != text.data() + end) return std::nan("");
  text.remove_prefix(end);
  return value;
}

std::string_view take_letters(std::string_view& text) {
  size_t end = 0;
  while (end < text.size() && std::isalpha(static_cast<unsigned char>(text[end]))) ++end;
  const std::string_view letters = text.substr(0, end);
  text.remove_prefix(end);
  return letters;
}

std::string lowered(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

/// 0 for an unknown unit.
double byte_unit(std::string_view unit) {
  const std::string name = lowered(unit);
  if (name.empty() || name == "b") return 1;
  static constexpr std::string_view letters = "kmgtp";
  const size_t power = letters.find(name[0]);
  if (power == std::string_view::npos) return 0;
  const std::string rest = name.substr(1);
  if (!rest.empty() && rest != "b" && rest != "ib") return 0;
  return std::pow(1024.0, static_cast<double>(power + 1));
}

double duration_unit(std::string_view unit) {
  if (unit == "ns") return 1;
  if (unit == "us") return 1e3;
  if (unit == "ms") return 1e6;
  if (unit == "s" || unit.empty()) return 1e9;
  if (unit == "m") return 60e9;
  if (unit == "h") return 3600e9;
  if (unit == "d") return 86400e9;
  return 0;
}

}  // namespace

uint64_t parse_bytes(std::string_view text, const std::string& what) {
  std::string_view rest = text;
  const double number = take_number(rest);
  const double unit = byte_unit(take_letters(rest));
  if (std::isnan(number) || unit == 0 || !rest.empty() || number * unit >= 9.2e18)
    throw usage_error("reading", what, "\"" + std::string(text) + "\" is not a size",
                      "write bytes, or a number with k, m, g or t: 512m, 2g");
  return static_cast<uint64_t>(number * unit);
}

int64_t parse_duration(std::string_view text, const std::string& what) {
  std::string_view rest = text;
  double total = 0;
  bool good = !text.empty();
  while (good && !rest.empty()) {
    const double number = take_number(rest);
    const std::string_view unit = take_letters(rest);
    const double scale = duration_unit(unit);
    // A bare number is seconds, and only when it stands alone.
    good = !std::isnan(number) && scale != 0 && !(unit.empty() && (total != 0 || !rest.empty()));
    total += number * scale;
  }
  if (!good || total >= 9.2e18)
    throw usage_error("reading", what, "\"" + std::string(text) + "\" is not a duration",
                      "write seconds, or a number with ms, s, m, h or d: 90s, 1h30m, 14d");
  return static_cast<int64_t>(total);
}

std::string format_bytes(uint64_t bytes) {
  if (bytes < 1000) return std::to_string(bytes) + " B";
  static constexpr const char* units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
  double value = static_cast<double>(bytes) / 1000;
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < std::size(units)) {
    value /= 1000;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, value < 9.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
  return text;
}

std::string format_duration(double seconds) {
  char text[48];
  if (seconds < 9.995) {
    std::snprintf(text, sizeof text, "%.2f s", seconds);
  } else if (seconds < 99.95) {
    std::snprintf(text, sizeof text, "%.1f s", seconds);
  } else {
    const long whole = std::lround(seconds);
    if (whole < 3600)
      std::snprintf(text, sizeof text, "%ld min %02ld s", whole / 60, whole % 60);
    else
      std::snprintf(text, sizeof text, "%ld h %02ld min", whole / 3600, whole / 60 % 60);
  }
  return text;
}

}  // namespace trainyard
