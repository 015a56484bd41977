#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"

namespace trainyard {

/// Reads a TOML document (1.0) as what it would be in JSON; dates and times are texts, as they
/// stand there. Throws a usage error with `name`, line and caret for what is not TOML, and for nan
/// and inf, which JSON has not.
Json parse_toml(std::string_view text, const std::string& name);

/// A JSON object as a TOML document. Throws a usage error for null, which TOML has not.
std::string dump_toml(const Json& object);

}  // namespace trainyard
