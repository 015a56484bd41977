#include "dockerfile/check_settings.hpp"

#include <algorithm>

#include "dockerfile/characters.hpp"

namespace trainyard::dockerfile {

namespace {

void add_names(std::string_view list, std::set<std::string>& names) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    const std::string_view name = trimmed(list.substr(0, comma));
    if (!name.empty()) names.insert(lowered(name));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

bool holds(const std::set<std::string>& names, std::string_view rule) {
  return names.contains("all") || names.contains(lowered(rule));
}

std::optional<bool> truth(std::string_view text) {
  const std::string word = lowered(text);
  if (word == "true" || word == "t" || word == "1") return true;
  if (word == "false" || word == "f" || word == "0") return false;
  return std::nullopt;
}

/// Whether one `name=value` was understood.
bool take_setting(std::string_view part, CheckSettings& settings) {
  const size_t equals = part.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view name = trimmed(part.substr(0, equals));
  const std::string_view value = trimmed(part.substr(equals + 1));
  if (name == "skip") {
    add_names(value, settings.skipped);
  } else if (name == "experimental") {
    add_names(value, settings.experimental);
  } else if (name == "error" && truth(value)) {
    settings.error = *truth(value);
  } else {
    return false;
  }
  return true;
}

}  // namespace

bool CheckSettings::skips(std::string_view rule) const {
  return holds(skipped, rule);
}

bool CheckSettings::tries(std::string_view experimental_rule) const {
  return holds(experimental, experimental_rule);
}

void CheckSettings::add(const CheckSettings& more) {
  skipped.insert(more.skipped.begin(), more.skipped.end());
  experimental.insert(more.experimental.begin(), more.experimental.end());
}

std::optional<CheckProblem> read_check_settings(std::string_view text, CheckSettings& settings) {
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(';', begin), text.size());
    const std::string_view part = trimmed(text.substr(begin, end - begin));
    if (!part.empty() && !take_setting(part, settings))
      return CheckProblem{static_cast<size_t>(part.data() - text.data()), part.size(),
                          "\"check\" has no setting \"" + std::string(part) + "\""};
    begin = end + 1;
  }
  return std::nullopt;
}

}  // namespace trainyard::dockerfile
