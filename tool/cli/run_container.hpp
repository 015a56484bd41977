#pragma once

#include <unistd.h>

#include "engine/engine.hpp"

namespace trainyard::cli {

/// Starts a container, hands its output to ours and our signals to it, waits, prints its warnings
/// and what killed it. Returns the command's own exit code.
/// `out` is the descriptor that its standard output goes to.
int run_container(engine::Engine& engine, const engine::ContainerSpec& spec,
                  int out = STDOUT_FILENO);

}  // namespace trainyard::cli
