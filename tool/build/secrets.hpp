#pragma once

#include "build/build_image.hpp"

namespace trainyard::build {

/// Reads the values of all secrets, once, before anything else is done. Throws usage errors for
/// files and variables that are not there.
void read_secrets(BuildRequest& request);

}  // namespace trainyard::build
