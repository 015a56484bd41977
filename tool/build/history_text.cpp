#include "build/history_text.hpp"

#include <array>
#include <cstdio>

namespace trainyard::build {

namespace {

/// `1.5` of 1500 thousandths.
std::string decimal(int64_t value, int64_t unit) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.9f",
                static_cast<double>(value) / static_cast<double>(unit));
  std::string number = text.data();
  number.erase(number.find_last_not_of('0') + 1);
  if (number.ends_with('.')) number.pop_back();
  return number;
}

/// As Go writes a duration: 1h0m5s, 1.5s, 20ms.
std::string go_duration(int64_t nanoseconds) {
  constexpr int64_t millisecond = 1'000'000, second = 1000 * millisecond, minute = 60 * second;
  if (nanoseconds == 0) return "0s";
  if (nanoseconds < second) return decimal(nanoseconds, millisecond) + "ms";
  const int64_t minutes = nanoseconds / minute;
  std::string text;
  if (minutes >= 60) text = std::to_string(minutes / 60) + "h";
  if (minutes > 0) text += std::to_string(minutes % 60) + "m";
  return text + decimal(nanoseconds % minute, second) + "s";
}

}  // namespace

std::string bracket_list(const std::vector<std::string>& words) {
  std::string text = "[";
  for (const std::string& word : words) {
    if (text.size() > 1) text += ' ';
    text += '"';
    for (const char c : word) {
      if (c == '"' || c == '\\') text += '\\';
      if (c == '\n')
        text += "\\n";
      else if (c == '\t')
        text += "\\t";
      else
        text += c;
    }
    text += '"';
  }
  return text + "]";
}

std::string plain_list(const std::vector<std::string>& words) {
  std::string text = "[";
  for (const std::string& word : words) text += (text.size() > 1 ? " " : "") + word;
  return text + "]";
}

std::string health_check_history(const oci::Healthcheck& check) {
  return "HEALTHCHECK {Test:" + plain_list(check.test) +
         " Interval:" + go_duration(check.interval) + " Timeout:" + go_duration(check.timeout) +
         " StartPeriod:" + go_duration(check.start_period) +
         " StartInterval:" + go_duration(check.start_interval) +
         " Retries:" + std::to_string(check.retries) + "}";
}

std::string run_history(const std::vector<std::string>& arguments,
                        const std::vector<std::string>& argv) {
  std::string text = "RUN";
  if (!arguments.empty()) text += " |" + std::to_string(arguments.size());
  for (const std::string& argument : arguments) text += " " + argument;
  for (const std::string& word : argv) text += " " + word;
  return text + " # buildkit";
}

std::string copy_history(const CopyStep& copy, const std::vector<std::string>& sources,
                         const std::string& destination) {
  std::string text = copy.add ? "ADD" : "COPY";
  if (copy.filter.parents) text += " --parents";
  if (!copy.chown.empty()) text += " --chown=" + copy.chown;
  if (!copy.chmod.empty()) text += " --chmod=" + copy.chmod;
  for (const std::string& source : sources) text += " " + source;
  for (const dockerfile::InlineFile& file : copy.inline_files) text += " <<" + file.name;
  return text + " " + destination + " # buildkit";
}

}  // namespace trainyard::build
