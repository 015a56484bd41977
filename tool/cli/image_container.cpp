#include "cli/image_container.hpp"

#include "base/error.hpp"
#include "store/layer_trees.hpp"

namespace trainyard::cli {

engine::ContainerSpec container_of_image(const store::Store& store, engine::Engine& engine,
                                         const store::Image& image,
                                         const std::vector<std::string>& command) {
  engine::ContainerSpec spec;
  for (const oci::Digest& diff_id : image.config.diff_ids) {
    const auto tree = store::ensure_tree(store, engine, diff_id);
    if (!tree)
      throw Error("starting a container of", image.digest.str(),
                  "its layer " + diff_id.str() + " is gone from the store",
                  "build or import the image again");
    spec.layers.push_back(*tree);
  }
  const oci::ContainerConfig& config = image.config.config;
  spec.environment = config.env;
  spec.user = config.user;
  spec.working_directory = config.working_dir.empty() ? "/" : config.working_dir;
  if (config.entrypoint) spec.argv = *config.entrypoint;
  const std::vector<std::string>& tail = command.empty() && config.cmd ? *config.cmd : command;
  spec.argv.insert(spec.argv.end(), tail.begin(), tail.end());
  return spec;
}

}  // namespace trainyard::cli
