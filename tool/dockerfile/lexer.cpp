#include "dockerfile/lexer.hpp"

#include <set>

#include "dockerfile/characters.hpp"

namespace trainyard::dockerfile {

namespace {

size_t indentation(std::string_view line) {
  size_t end = 0;
  while (end < line.size() && is_blank(line[end])) ++end;
  return end;
}

/// Comments begin a line; a `#` further in is an ordinary character.
bool is_comment(std::string_view line) {
  const size_t start = indentation(line);
  return start < line.size() && line[start] == '#';
}

/// Bytes of the UTF-8 sequence that `text` begins with; 0 when it begins with none.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  // Overlong forms, surrogates, and what lies beyond U+10FFFF.
  if (first == 0xE0 && byte(1) < 0xA0) return 0;
  if (first == 0xED && byte(1) > 0x9F) return 0;
  if (first == 0xF0 && byte(1) < 0x90) return 0;
  if (first == 0xF4 && byte(1) > 0x8F) return 0;
  return length;
}

struct Directive {
  std::string name;
  std::string_view value;
  size_t column = 0;  ///< of the value, from 0
};

/// `# name = value`, or nothing when the line is something else.
std::optional<Directive> directive_of(std::string_view line) {
  size_t i = 0;
  const auto skip_blanks = [&] {
    while (i < line.size() && is_blank(line[i])) ++i;
  };
  skip_blanks();
  if (i == line.size() || line[i] != '#') return std::nullopt;
  ++i;
  skip_blanks();
  const size_t name = i;
  while (i < line.size() && (is_letter(line[i]) || (i > name && is_digit(line[i])))) ++i;
  if (i == name) return std::nullopt;
  Directive directive{lowered(line.substr(name, i - name)), {}, 0};
  skip_blanks();
  if (i == line.size() || line[i] != '=') return std::nullopt;
  ++i;
  skip_blanks();
  directive.value = trimmed(line.substr(i));
  directive.column = i;
  if (directive.value.empty()) return std::nullopt;
  return directive;
}

}  // namespace

Location LogicalLine::location(size_t offset) const {
  if (place_) return *place_;
  if (segments_.empty()) return {end_line_, 1, end_line_};
  const auto after = std::upper_bound(
      segments_.begin(), segments_.end(), offset,
      [](size_t wanted, const Segment& segment) { return wanted < segment.offset; });
  const auto found = after == segments_.begin() ? after : after - 1;
  return {found->line, found->column + static_cast<int>(offset - found->offset), end_line_};
}

LogicalLine LogicalLine::placed_at(const Location& place) const {
  LogicalLine copy = *this;
  copy.place_ = place;
  return copy;
}

void LogicalLine::append(std::string_view part, int line, int column) {
  end_line_ = line;
  // An empty part has no character to point at, and must not take the place of the one before it.
  if (part.empty()) return;
  segments_.push_back({text_.size(), line, column});
  text_ += part;
}

void LogicalLine::trim() {
  const std::string_view kept = trimmed(text_);
  const size_t front = static_cast<size_t>(kept.data() - text_.data());
  text_ = std::string(kept);
  for (Segment& segment : segments_) {
    if (segment.offset >= front) {
      segment.offset -= front;
    } else {
      segment.column += static_cast<int>(front - segment.offset);
      segment.offset = 0;
    }
  }
}

std::vector<std::string> split_lines(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
  }
  return lines;
}

Lexer::Lexer(Dockerfile& file) : file_(file) {
  read_directives();
}

void Lexer::read_directives() {
  std::set<std::string> seen;
  for (; next_line_ < file_.lines.size(); ++next_line_) {
    const std::string& line = file_.lines[next_line_];
    const std::optional<Directive> directive = directive_of(line);
    if (!directive) return;
    const std::string& name = directive->name;
    // A directive that nobody knows is a comment, and directives end at the first comment.
    if (name != "syntax" && name != "escape" && name != "check") return;
    const int number = static_cast<int>(next_line_) + 1;
    if (!seen.insert(name).second)
      throw file_.error({number, 1, number}, "the directive \"" + name + "\" stands twice",
                        "keep one of them", static_cast<int>(line.size()));
    take_directive(name, directive->value,
                   {number, static_cast<int>(directive->column) + 1, number});
    file_.directive_lines = number;
  }
}

void Lexer::take_directive(const std::string& name, std::string_view value, Location at) {
  if (name == "check") take_check(value, at);
  if (name != "escape") return;
  if (value != "\\" && value != "`")
    throw file_.error(at,
                      "the escape character must be \\ or `, not \"" + std::string(value) + "\"",
                      "write # escape=\\ or # escape=`", static_cast<int>(value.size()));
  file_.escape = value[0];
}

void Lexer::take_check(std::string_view value, Location at) {
  const std::optional<CheckProblem> problem = read_check_settings(value, file_.checks);
  if (!problem) return;
  at.column += static_cast<int>(problem->offset);
  throw file_.error(at, "the directive " + problem->cause,
                    "write # check=skip=RuleName,OtherRule;error=true",
                    static_cast<int>(problem->length));
}

std::optional<std::string_view> Lexer::continued(std::string_view line) const {
  size_t end = line.size();
  while (end > 0 && (line[end - 1] == ' ' || line[end - 1] == '\t')) --end;
  if (end == 0 || line[end - 1] != file_.escape) return std::nullopt;
  // A doubled escape character stands for itself and does not continue the line.
  if (end > 1 && line[end - 2] == file_.escape) return std::nullopt;
  return line.substr(0, end - 1);
}

std::optional<LogicalLine> Lexer::next() {
  LogicalLine logical;
  bool open = false;
  Location blank;
  for (; next_line_ < file_.lines.size(); ++next_line_) {
    const std::string_view line = file_.lines[next_line_];
    const int number = static_cast<int>(next_line_) + 1;
    if (is_comment(line)) continue;
    if (indentation(line) == line.size()) {
      if (open && blank.line == 0) blank = {number, 1, number};
      continue;
    }
    const std::optional<std::string_view> part = continued(line);
    logical.append(part.value_or(line), number, 1);
    open = part.has_value();
    if (!open) {
      ++next_line_;
      break;
    }
  }
  logical.trim();
  // Empty only at the end of the file: a lone continuation character there says nothing.
  if (logical.text_.empty()) return std::nullopt;
  if (blank.line > 0 && blank.line < logical.end_line_) file_.blank_continuations.push_back(blank);
  check_bytes(logical.text(), [&logical](size_t i) { return logical.location(i); });
  return logical;
}

std::string Lexer::take_heredoc(LogicalLine& line, const HeredocOpening& opening,
                                const Location& at) {
  std::string text;
  for (; next_line_ < file_.lines.size(); ++next_line_) {
    const std::string& content = file_.lines[next_line_];
    const int number = static_cast<int>(next_line_) + 1;
    const bool ends =
        (opening.strips_tabs ? without_leading_tabs(content) : content) == opening.name;
    if (ends) {
      ++next_line_;
      line.end_line_ = number;
      return text;
    }
    check_bytes(content, [number](size_t i) {
      return Location{number, static_cast<int>(i) + 1, number};
    });
    text += content + "\n";
  }
  throw file_.error(at, "this here-document is not ended",
                    "end it with a line that holds \"" + opening.name + "\" and nothing else",
                    static_cast<int>(opening.name.size()) + 2);
}

void Lexer::check_bytes(std::string_view text,
                        const std::function<Location(size_t)>& location) const {
  for (size_t i = 0; i < text.size();) {
    const size_t length = utf8_length(text.substr(i));
    if (length == 0)
      throw file_.error(location(i), "this byte is not UTF-8", "save the file as UTF-8");
    if (text[i] == '\0')
      throw file_.error(location(i), "a NUL byte stands here", "save the file as UTF-8 text");
    i += length;
  }
}

}  // namespace trainyard::dockerfile
