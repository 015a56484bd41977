#pragma once

#include "engine/engine.hpp"

namespace trainyard::cli {

/// Starts a container, hands its output to ours and our signals to it, waits, prints its warnings
/// and what killed it. Returns the command's own exit code.
int run_container(engine::Engine& engine, const engine::ContainerSpec& spec);

}  // namespace trainyard::cli
