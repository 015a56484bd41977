#include "cli/image_container.hpp"

#include "store/image_trees.hpp"

namespace trainyard::cli {

engine::ContainerSpec container_of_image(const store::Store& store, engine::Engine& engine,
                                         const store::Image& image,
                                         const std::vector<std::string>& command,
                                         const store::WorkFolder& work) {
  engine::ContainerSpec spec;
  work.pin_image(image.digest);
  spec.work = work.path();
  spec.layers = store::ensure_image_trees(store, engine, image);
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
