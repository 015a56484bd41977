#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace trainyard::dockerfile {

/// What a word that opens a here-document says: `<<NAME`, `<<-NAME`, `3<<"NAME"`.
struct HeredocOpening {
  std::string name;
  bool strips_tabs = false;  ///< `<<-`: tabs at the beginning of its lines do not count
  bool expands = true;       ///< no part of the name is quoted
};

/// Nothing when the word opens none. Source: the Dockerfile reference, "Here-Documents".
std::optional<HeredocOpening> heredoc_of(std::string_view word);

/// The text without the tabs that its lines begin with.
std::string without_leading_tabs(std::string_view text);

}  // namespace trainyard::dockerfile
