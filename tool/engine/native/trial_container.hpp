#pragma once

#include "engine/engine.hpp"

namespace trainyard::engine::native {

/// Makes a layer tree in the empty or missing folder `layer` that holds one program of a few bytes,
/// `/true`, which does nothing but end well: a container can be tried without any image.
/// False on a processor for which we have no such program.
bool make_trial_layer(const fs::path& layer);

/// The container that runs it. `work` is an existing folder.
ContainerSpec trial_container(const fs::path& layer, const fs::path& work);

}  // namespace trainyard::engine::native
