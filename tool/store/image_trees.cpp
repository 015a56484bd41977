#include "store/image_trees.hpp"

#include "base/error.hpp"
#include "store/layer_trees.hpp"

namespace trainyard::store {

std::vector<fs::path> ensure_image_trees(const Store& store, JobRunner& runner,
                                         const Image& image) {
  std::vector<fs::path> trees;
  for (const oci::Digest& diff_id : image.config.diff_ids) {
    const auto tree = ensure_tree(store, runner, diff_id);
    if (!tree)
      throw Error("preparing image", image.digest.str(),
                  "its layer " + diff_id.str() + " is gone from the store",
                  "build or import the image again");
    trees.push_back(*tree);
  }
  return trees;
}

}  // namespace trainyard::store
