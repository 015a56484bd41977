#pragma once

#include <string>
#include <vector>

#include "build/build_image.hpp"

namespace trainyard::cli {

/// `--build-arg`: K=V, or a bare K that stands for the environment's; one that the environment does
/// not have is left out, so that the ARG keeps its default.
void add_build_args(const std::vector<std::string>& texts, build::BuildRequest& request);
/// `--build-context`: name=source. Throws usage errors.
void add_build_contexts(const std::vector<std::string>& texts, build::BuildRequest& request);

}  // namespace trainyard::cli
