#pragma once

#include <string>

#include "build/build_image.hpp"

namespace trainyard::cli {

/// How an image is built: a target of a build tree by its spec, an image with a tag as it was the
/// last time. Throws a usage error with near names as hint.
build::BuildRequest last_request(const store::Store& store, const std::string& name);

}  // namespace trainyard::cli
