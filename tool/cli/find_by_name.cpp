#include "cli/find_by_name.hpp"

#include "store/roots.hpp"

namespace trainyard::cli {

std::optional<store::Image> find_named_image(const store::Store& store, const std::string& name) {
  // What follows the @ of an image's own name is a digest.
  const size_t at = name.find('@');
  const bool target_only = at != std::string::npos && name.compare(at + 1, 7, "sha256:") != 0;
  if (!target_only)
    if (const auto image = store::find_image(store, name)) return image;
  const auto root = store::find_root(store, store::TargetKind::image, name);
  return root ? store::find_image(store, root->value) : std::nullopt;
}

store::Image named_image(const store::Store& store, const std::string& name) {
  if (const auto image = find_named_image(store, name)) return *image;
  return store::require_image(store, name);
}

}  // namespace trainyard::cli
