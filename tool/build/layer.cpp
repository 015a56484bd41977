#include "build/layer.hpp"

namespace trainyard::build {

void FileSystem::push(const StoredLayer& stored, int stage, int step) {
  auto layer = std::make_shared<Layer>();
  std::promise<StoredLayer> known;
  known.set_value(stored);
  layer->stored = known.get_future().share();
  layer->stage = stage;
  layer->step = step;
  layers.push_back(std::move(layer));
  if (chain) chain = oci::chain_id(*chain, stored.diff_id);
}

void FileSystem::push(std::shared_ptr<Layer> layer) {
  layers.push_back(std::move(layer));
  chain.reset();
}

std::string wait_for_chain(const FileSystem& files) {
  if (files.chain) return *files.chain;
  std::string chain;
  for (const auto& layer : files.layers) chain = oci::chain_id(chain, layer->stored.get().diff_id);
  return chain;
}

}  // namespace trainyard::build
