#include "dockerfile/shell_pattern.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "dockerfile/code_points.hpp"

namespace trainyard::dockerfile {

namespace {
/// Steps of one search: a second or so.
constexpr size_t k_most_steps = size_t{1} << 28;
}  // namespace

ShellPattern::ShellPattern(std::string_view pattern) : written_(pattern) {
  const std::u32string text = code_points(pattern);
  for (size_t i = 0; i < text.size(); ++i) {
    char32_t c = text[i];
    if (c == U'*') {
      tokens_.push_back({Kind::any_text});
    } else if (c == U'?') {
      tokens_.push_back({Kind::any_character});
    } else {
      if (c == U'\\') {
        c = ++i < text.size() ? text[i] : U'\0';
        if (std::u32string_view(U"*?\\}/").find(c) == std::u32string_view::npos)
          throw usage_error("reading", "the pattern \"" + written_ + "\"",
                            "a backslash stands before a character that has no meaning to take",
                            "it may stand before *, ?, }, / and another backslash");
      }
      tokens_.push_back({Kind::character, c});
    }
  }
}

class ShellPattern::Matcher {
 public:
  Matcher(const ShellPattern& pattern, const Tokens& tokens, std::u32string_view text)
      : pattern_(pattern), tokens_(tokens), text_(text) {}

  std::optional<size_t> end_of_match(size_t from, Length length) {
    std::vector<char> states(tokens_.size() + 1, 0);
    states[0] = 1;
    settle(states);
    std::optional<size_t> end;
    for (size_t place = from;; ++place) {
      if (states.back() != 0) end = place;
      if (end && length == Length::shortest) return end;
      if (place == text_.size() || !step(states, text_[place])) return end;
    }
  }

 private:
  void settle(std::vector<char>& states) const {
    for (size_t i = 0; i < tokens_.size(); ++i)
      if (states[i] != 0 && tokens_[i].kind == Kind::any_text) states[i + 1] = 1;
  }

  /// Whether anything can still match.
  bool step(std::vector<char>& states, char32_t c) {
    steps_ += tokens_.size();
    if (steps_ > k_most_steps)
      throw usage_error("matching", "the pattern \"" + pattern_.written_.substr(0, 200) + "\"",
                        "the text and the pattern are too long for each other",
                        "cut the text in a RUN step");
    std::vector<char> next(states.size(), 0);
    for (size_t i = 0; i < tokens_.size(); ++i) {
      if (states[i] == 0) continue;
      const Token& token = tokens_[i];
      if (token.kind == Kind::character ? c != token.character : c == U'\n') continue;
      next[token.kind == Kind::any_text ? i : i + 1] = 1;
    }
    settle(next);
    states = std::move(next);
    return std::any_of(states.begin(), states.end(), [](char state) { return state != 0; });
  }

  const ShellPattern& pattern_;
  const Tokens& tokens_;
  const std::u32string_view text_;
  size_t steps_ = 0;
};

std::string ShellPattern::without_prefix(std::string_view value, Length length) const {
  const std::u32string text = code_points(value);
  const auto end = Matcher(*this, tokens_, text).end_of_match(0, length);
  return end ? bytes_of(std::u32string_view(text).substr(*end)) : std::string(value);
}

/// From the end backwards.
std::string ShellPattern::without_suffix(std::string_view value, Length length) const {
  const Tokens tokens(tokens_.rbegin(), tokens_.rend());
  const std::u32string text = code_points(value);
  const std::u32string reversed(text.rbegin(), text.rend());
  const auto end = Matcher(*this, tokens, reversed).end_of_match(0, length);
  return end ? bytes_of(std::u32string_view(text).substr(0, text.size() - *end))
             : std::string(value);
}

std::string ShellPattern::replaced(std::string_view value, std::string_view text,
                                   Which which) const {
  const std::u32string characters = code_points(value);
  const std::u32string_view rest = characters;
  Matcher matcher(*this, tokens_, rest);
  std::string result;
  std::optional<size_t> last_end;
  for (size_t place = 0; place <= rest.size();) {
    const auto end = matcher.end_of_match(place, Length::longest);
    // Nothing is found where a match has just ended, though it be nothing that would be found.
    if (end && (*end > place || last_end != place)) result += text;
    if (end) last_end = end;
    if (end && *end > place) {
      place = *end;
    } else {
      result += bytes_of(rest.substr(place, 1));
      ++place;
    }
    if (end && which == Which::first) {
      if (place < rest.size()) result += bytes_of(rest.substr(place));
      break;
    }
  }
  return result;
}

}  // namespace trainyard::dockerfile
