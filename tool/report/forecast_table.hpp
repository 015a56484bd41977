#pragma once

#include <string>
#include <vector>

#include "build/forecast.hpp"

namespace trainyard::report {

enum class Format { text, json };

/// Prints to standard output what a build would do: a line a step, and what all of it took last
/// time; as JSON one object with `steps`.
void show_forecast(const std::string& image, const std::vector<build::ForecastStep>& steps,
                   Format format);

}  // namespace trainyard::report
