#pragma once

#include <vector>

#include "build/build_note.hpp"
#include "build/build_session.hpp"
#include "store/images.hpp"

namespace trainyard::build {

/// Keeps how the image was built (store/image_origin.hpp): the images that its stages start from
/// and copy from, its steps with their keys, and how its executables were compiled.
void keep_image_origin(const BuildSession& session, const store::Image& image,
                       const std::vector<NotedStep>& steps);

}  // namespace trainyard::build
