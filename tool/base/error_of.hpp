#pragma once

#include "base/error.hpp"

namespace trainyard {

/// Any exception as an Error. What the standard library throws about files becomes as system_error
/// has it; of others `action` and `subject` say what was tried.
Error error_of(const std::exception& error, std::string action = {}, std::string subject = {});

}  // namespace trainyard
