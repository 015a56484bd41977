#include "lint/finding.hpp"

#include <algorithm>

#include "dockerfile/characters.hpp"

namespace trainyard::lint {

using dockerfile::CheckSettings;
using dockerfile::Dockerfile;
using dockerfile::Location;

namespace {

std::vector<int> instruction_lines(const Dockerfile& file) {
  std::vector<int> lines;
  for (const auto& arg : file.global_args)
    if (!arg.declarations.empty()) lines.push_back(arg.declarations.front().name.at.line);
  for (const auto& stage : file.stages) {
    lines.push_back(stage.at.line);
    for (const auto& instruction : stage.instructions) lines.push_back(instruction.at.line);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace

std::vector<std::string> comments_above(const Dockerfile& file, int line) {
  std::vector<std::string> comments;
  for (int above = line - 1; above > file.directive_lines; --above) {
    const std::string_view text = dockerfile::trimmed(file.lines[static_cast<size_t>(above) - 1]);
    if (!text.starts_with('#')) break;
    const std::string_view comment = dockerfile::trimmed(text.substr(1));
    if (comment.empty()) break;
    comments.emplace_back(comment);
  }
  std::reverse(comments.begin(), comments.end());
  return comments;
}

Findings::Findings(const Dockerfile& file, const CheckSettings& settings, RuleSet rules)
    : file_(file), settings_(settings), rules_(rules), starts_(instruction_lines(file)) {}

CheckSettings Findings::settings_at(int line) const {
  CheckSettings settings;
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), line);
  if (after == starts_.begin()) return settings;
  for (const std::string& comment : comments_above(file_, *(after - 1))) {
    if (!dockerfile::lowered(comment).starts_with("check")) continue;
    std::string_view text = dockerfile::trimmed(std::string_view(comment).substr(5));
    if (!text.starts_with('=')) continue;
    text = dockerfile::trimmed(text.substr(1));
    // Behind the first blank stands the reason. What cannot be read is an ordinary comment.
    dockerfile::read_check_settings(text.substr(0, text.find(' ')), settings);
  }
  return settings;
}

void Findings::add(const char* rule, const Location& at, size_t length, std::string message,
                   std::string mend) {
  add(rule, rule_called(rule).severity, at, length, std::move(message), std::move(mend));
}

void Findings::add(const char* name, Severity severity, const Location& at, size_t length,
                   std::string message, std::string mend) {
  const Rule& rule = rule_called(name);
  if (rules_ == RuleSet::build && rule.when == Rule::When::lint) return;
  CheckSettings settings = settings_;
  settings.add(settings_at(at.line));
  const bool wanted = rule.when == Rule::When::experimental ? settings.tries(rule.name)
                                                            : !settings.skips(rule.name);
  if (!wanted) return;
  found_.push_back({&rule, severity, std::move(message), std::move(mend), at,
                    std::max(1, static_cast<int>(length))});
}

std::vector<Finding> Findings::take() {
  std::stable_sort(found_.begin(), found_.end(), [](const Finding& a, const Finding& b) {
    return std::pair(a.at.line, a.at.column) < std::pair(b.at.line, b.at.column);
  });
  return std::move(found_);
}

}  // namespace trainyard::lint
