#include "dockerfile/glob.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "dockerfile/code_points.hpp"

namespace trainyard::dockerfile {

/// Reads a pattern from left to right.
class GlobCompiler {
 public:
  GlobCompiler(std::string_view pattern, Glob::Dialect dialect)
      : written_(pattern), text_(code_points(pattern)), dialect_(dialect) {}

  Glob run() {
    while (place_ < text_.size()) token();
    glob_.note_ends();
    return std::move(glob_);
  }

 private:
  using Kind = Glob::Kind;

  [[noreturn]] void fail(const std::string& cause) const {
    throw usage_error("reading", "the pattern \"" + written_ + "\"", cause,
                      "a backslash before *, ?, [ or \\ takes its meaning away");
  }
  bool at(char32_t c) const { return place_ < text_.size() && text_[place_] == c; }

  void token() {
    const char32_t c = text_[place_++];
    if (c == U'*') {
      star();
    } else if (c == U'?') {
      glob_.tokens_.push_back({Kind::any_character});
    } else if (c == U'[') {
      set();
    } else if (c == U'\\') {
      if (place_ == text_.size()) fail("it ends in a backslash");
      glob_.tokens_.push_back({Kind::character, text_[place_++]});
    } else {
      glob_.tokens_.push_back({Kind::character, c});
    }
  }

  void star() {
    if (dialect_ == Glob::Dialect::go || !at(U'*')) {
      glob_.tokens_.push_back({Kind::any_in_part});
      return;
    }
    while (at(U'*')) ++place_;
    if (at(U'/')) ++place_;
    glob_.tokens_.push_back({place_ == text_.size() ? Kind::anything : Kind::any_folders});
  }

  char32_t set_character() {
    if (place_ == text_.size()) fail("\"[\" has no closing \"]\"");
    char32_t c = text_[place_++];
    if (c == U'-' || c == U']') fail("a range in \"[...]\" is malformed");
    if (c == U'\\') {
      if (place_ == text_.size()) fail("\"[\" has no closing \"]\"");
      c = text_[place_++];
    }
    return c;
  }

  void set() {
    Glob::Token token{Kind::set};
    if (at(U'^')) {
      token.negated = true;
      ++place_;
    }
    while (!at(U']') || token.ranges.empty()) {
      const char32_t low = set_character();
      char32_t high = low;
      if (at(U'-')) {
        ++place_;
        high = set_character();
      }
      token.ranges.emplace_back(low, high);
    }
    ++place_;
    glob_.tokens_.push_back(std::move(token));
  }

  std::string written_;
  std::u32string text_;
  Glob::Dialect dialect_;
  size_t place_ = 0;
  Glob glob_;
};

Glob Glob::compile(std::string_view pattern, Dialect dialect) {
  return GlobCompiler(pattern, dialect).run();
}

bool Glob::accepts(const Token& token, char32_t c) const {
  switch (token.kind) {
    case Kind::character:
      return c == token.character;
    case Kind::any_character:
    case Kind::any_in_part:
      return c != U'/';
    case Kind::set: {
      const bool inside =
          std::any_of(token.ranges.begin(), token.ranges.end(),
                      [c](const auto& range) { return range.first <= c && c <= range.second; });
      return inside != token.negated && c != U'/';
    }
    case Kind::any_folders:
    case Kind::anything:
      return true;
  }
  return false;
}

/// A state of `any_folders` or of a star may also be left without taking a character. A run of
/// folders ends in '/', so it is left that way only before it has begun: state 2 marks one that is
/// inside.
void Glob::settle(States& states) const {
  for (size_t i = 0; i < tokens_.size(); ++i) {
    const Kind kind = tokens_[i].kind;
    const bool skippable = kind == Kind::any_in_part || kind == Kind::anything ||
                           (kind == Kind::any_folders && (states[i] & 1) != 0);
    if (states[i] != 0 && skippable) states[i + 1] |= 1;
  }
}

Glob::States Glob::begin() const {
  States states(tokens_.size() + 1, 0);
  states[0] = 1;
  settle(states);
  return states;
}

Glob::States Glob::step(const States& states, char32_t c) const {
  States next(states.size(), 0);
  for (size_t i = 0; i < tokens_.size(); ++i) {
    if (states[i] == 0 || !accepts(tokens_[i], c)) continue;
    switch (tokens_[i].kind) {
      case Kind::any_in_part:
      case Kind::anything:
        next[i] |= 1;
        break;
      case Kind::any_folders:
        next[i] |= 2;
        if (c == U'/') next[i + 1] |= 1;
        break;
      default:
        next[i + 1] |= 1;
    }
  }
  settle(next);
  return next;
}

void Glob::note_ends() {
  const auto is_plain = [](const Token& token) {
    return token.kind == Kind::character && token.character < 0x80;
  };
  const auto end = std::find_if_not(tokens_.begin(), tokens_.end(), is_plain);
  for (auto it = tokens_.begin(); it != end; ++it) first_ += static_cast<char>(it->character);
  const auto begin = std::find_if_not(tokens_.rbegin(), tokens_.rend(), is_plain).base();
  for (auto it = begin; it != tokens_.end(); ++it) last_ += static_cast<char>(it->character);
}

bool Glob::matches(std::string_view path) const {
  if (!path.starts_with(first_) || !path.ends_with(last_)) return false;
  States states = begin();
  for (const char32_t c : code_points(path)) states = step(states, c);
  return states.back() != 0;
}

bool Glob::may_match_below(std::string_view folder) const {
  States states = begin();
  if (!folder.empty())
    for (const char32_t c : code_points(std::string(folder) + "/")) states = step(states, c);
  return std::any_of(states.begin(), states.end() - 1, [](char state) { return state != 0; });
}

bool Glob::literal() const {
  return std::all_of(tokens_.begin(), tokens_.end(),
                     [](const Token& token) { return token.kind == Kind::character; });
}

}  // namespace trainyard::dockerfile
