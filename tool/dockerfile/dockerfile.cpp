#include "dockerfile/dockerfile.hpp"

#include <algorithm>

namespace trainyard::dockerfile {

namespace {

/// The longest part of a line that an excerpt shows.
constexpr size_t k_shown = 160;

/// Cuts a very long line so that its column stays in sight.
void shorten(SourcePosition& shown) {
  if (shown.text.size() <= k_shown) return;
  const size_t column =
      std::min(static_cast<size_t>(std::max(shown.column, 1)) - 1, shown.text.size());
  const size_t start = column < k_shown / 2 ? 0 : column - k_shown / 2;
  std::string text = start > 0 ? "..." : "";
  shown.column = static_cast<int>(column - start + text.size()) + 1;
  text += shown.text.substr(start, k_shown);
  if (start + k_shown < shown.text.size()) text += "...";
  shown.text = std::move(text);
}

}  // namespace

Error Dockerfile::error(const Location& at, std::string message, std::string hint,
                        int length) const {
  SourcePosition position{name, at.line, at.column, std::max(length, 1), {}};
  if (at.line > 0 && static_cast<size_t>(at.line) <= lines.size())
    position.text = lines[static_cast<size_t>(at.line) - 1];
  // What is pointed at may go on in the next line; the caret's tail ends with this one.
  const int rest = static_cast<int>(position.text.size()) - at.column + 1;
  position.length = std::max(1, std::min(position.length, rest));
  SourcePosition shown = position;
  shorten(shown);
  return source_error(position, std::move(message), std::move(hint))
      .with_excerpt(render_excerpt(shown));
}

}  // namespace trainyard::dockerfile
