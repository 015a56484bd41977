#pragma once

#include "base/error.hpp"
#include "base/json.hpp"

namespace trainyard::training {

/// An Error as data: the keeper hands it to the tools, which print it once in their own process.
Json to_json(const Error& error);
Error parse_error_message(const Json& json);

}  // namespace trainyard::training
