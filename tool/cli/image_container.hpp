#pragma once

#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "store/images.hpp"

namespace trainyard::cli {

/// A container of `image` as its configuration says: layers (unpacked again where their trees are
/// gone), environment, user, working folder, and as argv its entrypoint followed by `command`, or
/// by its Cmd when `command` is empty.
engine::ContainerSpec container_of_image(const store::Store& store, engine::Engine& engine,
                                         const store::Image& image,
                                         const std::vector<std::string>& command);

}  // namespace trainyard::cli
