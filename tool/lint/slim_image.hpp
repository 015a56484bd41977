#pragma once

#include <string>

#include "oci/reference.hpp"

namespace trainyard::lint {

/// The small edition of a well-known image: "python:3.12" -> "python:3.12-slim". Empty when there
/// is none, or it is one.
std::string slim_image_of(const oci::Reference& reference);

}  // namespace trainyard::lint
