#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trainyard::dockerfile {

/// A compiled pattern of Go's filepath.Match: `*` and `?` do not cross '/', `[a-z]`, `[^a-z]`, a
/// backslash takes the meaning from the next character. Matching takes time proportional to pattern
/// times path, whatever the pattern.
class Glob {
 public:
  enum class Dialect {
    go,          ///< filepath.Match itself
    ignore_file  ///< with `**`: any number of folders, and at the end anything
  };
  /// Throws usage_error, its cause being what is wrong with the pattern.
  static Glob compile(std::string_view pattern, Dialect dialect);

  bool matches(std::string_view path) const;
  /// Whether some path below `folder` could match.
  bool may_match_below(std::string_view folder) const;
  /// Whether the pattern is a plain name: no character in it has a meaning of its own.
  bool literal() const;

 private:
  enum class Kind { character, any_character, set, any_in_part, any_folders, anything };
  struct Token {
    Kind kind;
    char32_t character = 0;
    bool negated = false;
    std::vector<std::pair<char32_t, char32_t>> ranges;
  };
  /// One flag a token, and one for the end: which tokens the rest of the path may begin with.
  using States = std::vector<char>;
  States begin() const;
  void settle(States& states) const;
  States step(const States& states, char32_t c) const;
  bool accepts(const Token& token, char32_t c) const;
  void note_ends();

  std::vector<Token> tokens_;
  /// ASCII that every match begins and ends with: nearly all paths of a large folder fail by it.
  std::string first_, last_;

  friend class GlobCompiler;
};

}  // namespace trainyard::dockerfile
