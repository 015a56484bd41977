#pragma once

#include <string>
#include <string_view>

namespace trainyard::dockerfile {

/// The characters of UTF-8; a byte that is none becomes a value beyond Unicode, so that it equals
/// itself only.
std::u32string code_points(std::string_view text);
/// The bytes that these characters were.
std::string bytes_of(std::u32string_view characters);

}  // namespace trainyard::dockerfile
