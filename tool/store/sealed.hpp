#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace trainyard::store {

/// The form of our own records: one line of JSON, then the line `xxh3 <32 digits>` over everything
/// before it. A person can read it; a record that was cut short, or in which a bit flipped, is
/// noticed. Throws a usage error when the value holds bytes that are not UTF-8: it would not come
/// back as it was.
std::string seal(const Json& value);

/// What was sealed, or nothing when the text is not whole.
std::optional<Json> unseal(std::string_view text);

}  // namespace trainyard::store
