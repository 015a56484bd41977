#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace trainyard {

/// A place in a document that another library parsed: line and column from 1, with the line's text
/// for the excerpt, of which no more than 200 bytes are shown.
SourcePosition position_in(std::string_view text, const std::string& name, int line, int column);

}  // namespace trainyard
