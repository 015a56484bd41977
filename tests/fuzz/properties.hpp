#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fuzz {

// What holds for any text whatever. Each answers what does not hold, or nothing. `accepted` says
// whether the text was taken for a file.

/// A Dockerfile is refused by an error in the input, with a place in it; or it is read such that
/// - each line that is neither empty nor a comment belongs to exactly one instruction,
/// - all places lie in the file,
/// - printed from what was read and read again it is the same,
/// - checking it finds things in it, or refuses it as well.
std::optional<std::string> broken_by_dockerfile(std::string_view text, bool& accepted);

/// An ignore file is refused, or prunes no folder in which it keeps something.
std::optional<std::string> broken_by_ignore_file(std::string_view text, bool& accepted);

}  // namespace fuzz
