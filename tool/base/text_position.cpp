#include "base/text_position.hpp"

#include <algorithm>

namespace trainyard {

SourcePosition position_in(std::string_view text, const std::string& name, int line, int column) {
  SourcePosition at;
  at.file = name;
  at.line = line;
  at.column = column;
  size_t begin = 0;
  for (int number = 1; number < line && begin != std::string_view::npos; ++number) {
    begin = text.find('\n', begin);
    if (begin != std::string_view::npos) ++begin;
  }
  if (begin < text.size())
    at.text = std::string(
        text.substr(begin, std::min<size_t>(text.find('\n', begin), begin + 200) - begin));
  return at;
}

}  // namespace trainyard
