#pragma once

#include <exception>

#include "base/json.hpp"

namespace trainyard::engine::native {

/// An exception on its way through a channel: Error keeps all its parts and CommandNotExecutable
/// its type; any other exception becomes an Error(machine) with its text.
Json error_to_json(const std::exception& error);

/// Throws what `error_to_json` wrote down.
[[noreturn]] void throw_error_of(const Json& json);

}  // namespace trainyard::engine::native
