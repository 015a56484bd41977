#pragma once

#include "cli/arguments.hpp"

namespace trainyard::cli {

/// The options of docker build that mean nothing here, each with what does its work.
const ForeignOptions& docker_build_options();

}  // namespace trainyard::cli
