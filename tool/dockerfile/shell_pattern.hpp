#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trainyard::dockerfile {

/// The pattern of ${x#pattern}, ${x%pattern} and ${x/pattern/text}, as BuildKit has it: `*` is any
/// text and `?` any character, neither reaching over the end of a line; a backslash takes the
/// meaning from `*`, `?` and itself, and may stand before the `}` and `/` that would end the
/// pattern. There are no brackets.
class ShellPattern {
 public:
  enum class Length { shortest, longest };
  enum class Which { first, all };

  /// Throws usage_error, its cause being what is wrong with it.
  explicit ShellPattern(std::string_view pattern);

  /// The value without the part at its begin (end) that matches; the whole value when none does.
  /// These throw usage_error where a search would take minutes.
  std::string without_prefix(std::string_view value, Length length) const;
  std::string without_suffix(std::string_view value, Length length) const;
  /// With the leftmost and there longest match replaced, or one after the other all of them.
  std::string replaced(std::string_view value, std::string_view text, Which which) const;

 private:
  enum class Kind { character, any_character, any_text };
  struct Token {
    Kind kind;
    char32_t character = 0;
  };
  using Tokens = std::vector<Token>;

  /// Where a match that begins at `from` ends.
  class Matcher;

  std::string written_;
  Tokens tokens_;
};

}  // namespace trainyard::dockerfile
