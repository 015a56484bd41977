#pragma once

#include "build/base_images.hpp"
#include "build/build_image.hpp"
#include "build/context_folders.hpp"
#include "build/plan.hpp"

namespace trainyard::build {

/// Plans an EXECUTABLES image: up to three layers by how often they change (system libraries and
/// data with /etc/passwd, /etc/group, /tmp and, when a TLS library is there, the CA certificates;
/// the project's libraries; the executables). With `request.from` they lie on top of that image,
/// whose libraries are not used: the closure is the one that was tried on this machine. What was
/// read is noted in `folders`.
Plan make_executable_plan(const store::Store& store, const BuildRequest& request,
                          BaseImages& images, ContextFolders& folders,
                          const oci::Platform& platform);

}  // namespace trainyard::build
