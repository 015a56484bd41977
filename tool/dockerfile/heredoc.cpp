#include "dockerfile/heredoc.hpp"

#include "dockerfile/characters.hpp"

namespace trainyard::dockerfile {

namespace {

/// The name without quotes and escapes; nothing when it is not one word.
std::optional<std::string> unquoted(std::string_view text) {
  std::string name;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (quote == 0 && is_blank(c)) {
      return std::nullopt;
    } else if (c == '\\' && quote != '\'') {
      if (++i < text.size()) name += text[i];
    } else {
      name += c;
    }
  }
  if (quote != 0 || name.empty()) return std::nullopt;
  return name;
}

}  // namespace

std::optional<HeredocOpening> heredoc_of(std::string_view word) {
  while (!word.empty() && is_digit(word.front())) word.remove_prefix(1);
  if (!word.starts_with("<<")) return std::nullopt;
  word.remove_prefix(2);
  HeredocOpening opening;
  if (word.starts_with('-')) {
    opening.strips_tabs = true;
    word.remove_prefix(1);
  }
  // `<<<word` is a here-string: the shell's own.
  if (word.find('<') != std::string_view::npos) return std::nullopt;
  const std::optional<std::string> name = unquoted(word);
  if (!name) return std::nullopt;
  opening.name = *name;
  opening.expands = *name == word;
  return opening;
}

std::string without_leading_tabs(std::string_view text) {
  std::string result;
  bool at_start = true;
  for (const char c : text) {
    if (at_start && c == '\t') continue;
    at_start = c == '\n';
    result += c;
  }
  return result;
}

}  // namespace trainyard::dockerfile
