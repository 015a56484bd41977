#pragma once

#include <optional>
#include <string>

#include "build/build_image.hpp"

namespace trainyard::cli {

/// Where to build from, by CONTEXT and `-f` as they were written: context, Dockerfile and name of
/// the request. Throws usage errors for a context that is missing, or is neither folder nor
/// address.
build::BuildRequest request_of_context(const std::string& context, const std::string& file);

/// The same for a context that lies elsewhere; nothing when CONTEXT is no address. `-f` then names
/// a place in it, unless it is absolute: a file of this machine.
std::optional<build::BuildRequest> request_of_address(const std::string& context,
                                                      const std::string& file);

/// Throws a usage error when the Dockerfile that this request names on this machine is not there,
/// or leads out of the context whose own it is. `file` is `-f` as it was written.
void require_dockerfile(const build::BuildRequest& request, const std::string& file);

}  // namespace trainyard::cli
