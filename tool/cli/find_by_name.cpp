#include "cli/find_by_name.hpp"

#include "store/roots.hpp"

namespace trainyard::cli {

std::optional<store::Image> find_named_image(const store::Store& store, const std::string& name) {
  if (const auto image = store::find_image(store, name)) return image;
  const auto root = store::find_root(store, store::TargetKind::image, name);
  return root ? store::find_image(store, root->value) : std::nullopt;
}

store::Image named_image(const store::Store& store, const std::string& name) {
  if (const auto image = find_named_image(store, name)) return *image;
  return store::require_image(store, name);
}

}  // namespace trainyard::cli
