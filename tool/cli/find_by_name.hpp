#pragma once

#include <optional>
#include <string>

#include "store/images.hpp"

namespace trainyard::cli {

/// An image by whatever a person calls it: a tag, a digest or its beginning, or the target of a
/// build tree.
std::optional<store::Image> find_named_image(const store::Store& store, const std::string& name);
/// The same; an unknown name is an Error with near names as hint.
store::Image named_image(const store::Store& store, const std::string& name);

}  // namespace trainyard::cli
