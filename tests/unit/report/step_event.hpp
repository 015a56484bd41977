#pragma once

#include <string>
#include <string_view>

#include "build/build_image.hpp"

namespace trainyard::testing {

/// Step `number` of two of the image "trainer".
inline build::StepEvent step(build::StepEvent::Kind kind, int number, const std::string& text,
                             std::string_view output = {}) {
  build::StepEvent event{};
  event.kind = kind;
  event.image = "trainer";
  event.number = number;
  event.total = 2;
  event.text = text;
  event.output = output;
  return event;
}

}  // namespace trainyard::testing
