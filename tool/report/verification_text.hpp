#pragma once

#include "build/verification.hpp"
#include "report/forecast_table.hpp"

namespace trainyard::report {

/// Prints to standard output which steps made another layer the second time, and what in it
/// differs; as JSON one object with `same` and `steps`.
void show_verification(const build::Verification& verification, Format format);

}  // namespace trainyard::report
