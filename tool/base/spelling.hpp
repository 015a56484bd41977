#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trainyard {

/// The word among `known` that `word` was most likely meant to be (letter case does not count), or
/// an empty string when none is near.
std::string nearest_word(std::string_view word, const std::vector<std::string>& known);

/// `did you mean "x"?`, or an empty string: ready to be a hint.
std::string suggestion(std::string_view word, const std::vector<std::string>& known);

}  // namespace trainyard
