#include "lint/run_text.hpp"

#include <algorithm>

#include "dockerfile/characters.hpp"

namespace trainyard::lint {

using dockerfile::is_blank;

namespace {

std::string_view without_blanks_at_end(std::string_view line) {
  while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
  return line;
}

}  // namespace

RunText::RunText(const dockerfile::Dockerfile& file, const dockerfile::Location& at)
    : end_line_(at.end_line) {
  bool continued = true;
  for (int number = at.line; number <= at.end_line; ++number) {
    const std::string& line = file.lines[static_cast<size_t>(number) - 1];
    const int column = number == at.line ? at.column : 1;
    const std::string_view whole = std::string_view(line).substr(static_cast<size_t>(column) - 1);
    if (!continued) {  // a here-document
      append("\n", number - 1, 1);
      append(whole, number, column);
      continue;
    }
    if (number > at.line && dockerfile::trimmed(whole).starts_with('#')) continue;
    if (dockerfile::trimmed(whole).empty()) continue;
    const std::string_view part = without_blanks_at_end(whole);
    continued = part.ends_with(file.escape);
    append(continued ? part.substr(0, part.size() - 1) : part, number, column);
  }
  find_command();
}

void RunText::append(std::string_view part, int line, int column) {
  if (part.empty()) return;
  segments_.push_back({text_.size(), line, column});
  text_ += part;
}

void RunText::find_command() {
  size_t i = 0;
  const auto skip_word = [&] {
    while (i < text_.size() && !is_blank(text_[i])) ++i;
  };
  const auto skip_blanks = [&] {
    while (i < text_.size() && is_blank(text_[i])) ++i;
  };
  skip_word();
  for (skip_blanks(); text_.compare(i, 2, "--") == 0; skip_blanks()) skip_word();
  command_ = i;
}

dockerfile::Location RunText::at(size_t offset) const {
  offset += command_;
  const auto after = std::upper_bound(
      segments_.begin(), segments_.end(), offset,
      [](size_t wanted, const Segment& segment) { return wanted < segment.offset; });
  if (after == segments_.begin()) return {end_line_, 1, end_line_};
  const Segment& found = *(after - 1);
  return {found.line, found.column + static_cast<int>(offset - found.offset), end_line_};
}

}  // namespace trainyard::lint
