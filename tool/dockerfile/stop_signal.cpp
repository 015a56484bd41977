#include "dockerfile/stop_signal.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/spelling.hpp"
#include "dockerfile/characters.hpp"

namespace trainyard::dockerfile {

namespace {

const std::vector<std::string>& names() {
  static const std::vector<std::string> list{
      "ABRT", "ALRM",   "BUS",  "CHLD",   "CLD",   "CONT", "FPE",  "HUP",   "ILL",
      "INT",  "IO",     "IOT",  "KILL",   "PIPE",  "POLL", "PROF", "PWR",   "QUIT",
      "SEGV", "STKFLT", "STOP", "SYS",    "TERM",  "TRAP", "TSTP", "TTIN",  "TTOU",
      "URG",  "USR1",   "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX"};
  return list;
}

std::optional<int> number_of(std::string_view text) {
  int number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// RTMIN+1 … RTMIN+15, RTMAX-1 … RTMAX-14
bool is_real_time(std::string_view name) {
  const bool low = name.starts_with("RTMIN+");
  if (!low && !name.starts_with("RTMAX-")) return false;
  const auto distance = number_of(name.substr(6));
  return distance && *distance >= 1 && *distance <= (low ? 15 : 14);
}

}  // namespace

std::optional<std::string> problem_of_signal(std::string_view text) {
  if (const auto number = number_of(text)) {
    if (*number >= 1 && *number <= 64) return std::nullopt;
    return "signals have the numbers 1 to 64";
  }
  const std::string upper = uppered(text);
  const std::string_view name = std::string_view(upper).substr(upper.starts_with("SIG") ? 3 : 0);
  if (std::find(names().begin(), names().end(), name) != names().end() || is_real_time(name))
    return std::nullopt;
  const std::string near = nearest_word(name, names());
  return near.empty() ? "write SIGTERM, SIGINT, SIGQUIT, or a number"
                      : "did you mean \"SIG" + near + "\"?";
}

}  // namespace trainyard::dockerfile
