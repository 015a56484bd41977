#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace trainyard::dockerfile {

/// Why `text` is no signal for STOPSIGNAL, as a hint; nothing when it is one: a number from 1 to
/// 64, or a name of Linux with or without SIG, RTMIN+3 among them.
std::optional<std::string> problem_of_signal(std::string_view text);

}  // namespace trainyard::dockerfile
