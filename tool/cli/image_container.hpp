#pragma once

#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "store/images.hpp"
#include "store/work_folder.hpp"

namespace trainyard::cli {

/// A container of `image` as its configuration says: layers (unpacked again where their trees are
/// gone), environment, user, working folder, and as argv its entrypoint followed by `command`, or
/// by its Cmd when `command` is empty. The container works in `work`, which pins the image. Call it
/// within a store::Visit that began before the image was looked up.
engine::ContainerSpec container_of_image(const store::Store& store, engine::Engine& engine,
                                         const store::Image& image,
                                         const std::vector<std::string>& command,
                                         const store::WorkFolder& work);

}  // namespace trainyard::cli
