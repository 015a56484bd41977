#pragma once

#include <string>
#include <string_view>

namespace trainyard {

/// What a descriptor is connected to, as far as output is concerned.
struct Terminal {
  bool is_terminal = false;  ///< a terminal that understands cursor movement (TERM is not "dumb")
  bool colour = false;       ///< is_terminal and NO_COLOR is not set
  int columns = 80;
};
Terminal inspect_terminal(int fd);

/// `text` cut to `columns` characters (UTF-8 code points), with "…" at the end when something was
/// cut.
std::string fit_columns(std::string_view text, int columns);

/// Control characters other than newline and tab made visible, so that a program's output or a
/// file's name cannot move the cursor or set colours.
std::string printable(std::string_view text);
/// The same with newlines made visible too: for a name that must not pass for a line of ours.
std::string printable_line(std::string_view text);

}  // namespace trainyard
