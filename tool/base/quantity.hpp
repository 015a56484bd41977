#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace trainyard {

/// Bytes from "512", "64m", "2g", "1.5GiB", "10kb": the units are powers of 1024 as Docker has
/// them. Throws a usage error that names `what` ("--memory").
uint64_t parse_bytes(std::string_view text, const std::string& what);

/// Nanoseconds from "1h30m", "500ms", "2.5s", or a plain number of seconds.
int64_t parse_duration(std::string_view text, const std::string& what);

/// "5.3 MB", "812 B": powers of 1000, three digits, for people.
std::string format_bytes(uint64_t bytes);
/// "0.42 s", "41.2 s", "3 min 12 s", "2 h 05 min".
std::string format_duration(double seconds);

}  // namespace trainyard
