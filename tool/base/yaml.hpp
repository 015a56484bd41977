#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"

namespace trainyard {

/// Reads one YAML document as what it would be in JSON, with plain scalars as YAML 1.1 has them in
/// what Go programs read: null, true, false, numbers (0644 and 0o644 are octal), else text. Throws
/// a usage error with `name`, line and caret for what is not YAML, for two keys of one name, keys
/// that are no text, more than one document, nesting beyond 64 levels, and aliases that stand for
/// more than a person writes.
Json parse_yaml(std::string_view text, const std::string& name);

/// The same value as YAML, in the form that JSON shares with it; programs that read YAML 1.1 take a
/// number for one only when its mantissa has a dot.
std::string dump_yaml(const Json& value);

}  // namespace trainyard
