#pragma once

#include "build/base_images.hpp"
#include "build/build_image.hpp"
#include "build/plan.hpp"

namespace trainyard::build {

/// Plans the stages that `request.stage` (or the last one) needs. Throws source errors, before
/// anything executes.
Plan make_plan(dockerfile::Dockerfile source, const BuildRequest& request, BaseImages& images,
               const oci::Platform& platform);

}  // namespace trainyard::build
