#include "base/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace trainyard {

Terminal inspect_terminal(int fd) {
  Terminal terminal;
  const char* kind = std::getenv("TERM");
  terminal.is_terminal =
      ::isatty(fd) == 1 && kind != nullptr && std::string_view(kind) != "dumb" && *kind != '\0';
  const char* no_colour = std::getenv("NO_COLOR");
  terminal.colour = terminal.is_terminal && (no_colour == nullptr || *no_colour == '\0');
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) terminal.columns = size.ws_col;
  return terminal;
}

namespace {
bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}
}  // namespace

std::string fit_columns(std::string_view text, int columns) {
  if (columns <= 0) return {};
  size_t end = 0;
  size_t before_last = 0;
  int points = 0;
  while (end < text.size() && points < columns) {
    before_last = end++;
    while (end < text.size() && continues(text[end])) ++end;
    ++points;
  }
  if (end == text.size()) return std::string(text);
  return std::string(text.substr(0, before_last)) + "…";
}

std::string printable(std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string result;
  result.reserve(text.size());
  const auto show = [&result](unsigned char byte) {
    result += "\\x";
    result += digits[byte >> 4];
    result += digits[byte & 15];
  };
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const auto byte = static_cast<unsigned char>(c);
    const auto next = static_cast<unsigned char>(at + 1 < text.size() ? text[at + 1] : 0);
    if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f) {
      show(byte);
    } else if (byte == 0xc2 && next >= 0x80 && next < 0xa0) {
      show(next);  // U+0080 to U+009F: the same commands to a terminal as ESC and a letter
      ++at;
    } else {
      result += c;
    }
  }
  return result;
}

std::string printable_line(std::string_view text) {
  std::string line;
  for (const char c : printable(text))
    if (c == '\n')
      line += "\\n";
    else
      line += c;
  return line;
}

}  // namespace trainyard
