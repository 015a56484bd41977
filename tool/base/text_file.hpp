#pragma once

#include <optional>
#include <string>

#include "base/file.hpp"

namespace trainyard {

/// Texts of people, from folders that may come from anywhere: nothing but a regular file is read,
/// and no more of it than a person writes.
inline constexpr uint64_t k_longest_text = 4 << 20;

/// The text of `path`; a pipe that the caller named is read as well. Throws a usage error for
/// anything else and for more than k_longest_text bytes.
std::string read_text(const fs::path& path);

/// The text of `folder`/`name`, or nothing when there is none. Throws a usage error besides when
/// links lead it out of `folder`: an error message would show its lines.
std::optional<std::string> read_text_within(const fs::path& folder, const std::string& name);

}  // namespace trainyard
