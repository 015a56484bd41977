#pragma once

#include <string>

namespace trainyard::cli {

/// The manual page trainyard(1), in man(7) macros, of its hand-written `text`: the line
/// "@COMMANDS@" becomes a section per command with all that it takes, "@VERSION@" the version.
std::string manual_page(const std::string& text);

}  // namespace trainyard::cli
