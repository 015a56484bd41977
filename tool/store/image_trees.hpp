#pragma once

#include <vector>

#include "base/job.hpp"
#include "store/images.hpp"

namespace trainyard::store {

/// The trees of all layers of an image, lowest first; unpacked again where a tree is gone. Throws
/// Error that names the image and the layer when a layer's blob is gone too.
std::vector<fs::path> ensure_image_trees(const Store& store, JobRunner& runner, const Image& image);

}  // namespace trainyard::store
