#include "build/build_image.hpp"
#include "build/cache_mounts.hpp"
#include "build/layer_jobs.hpp"
#include "build/mount_source.hpp"
#include "build/remote_contexts.hpp"
#include "engine/native/overlay.hpp"

namespace trainyard::build {

fs::path mount_view(const std::vector<std::string>& layers, const fs::path& place) {
  if (layers.empty()) return {};
  make_directories(place, 0700);
  engine::native::mount_layers_read_only({layers.begin(), layers.end()}, place);
  return place;
}

fs::path topmost(const std::vector<std::string>& layers) {
  return layers.empty() ? fs::path() : fs::path(layers.back());
}

JobTable build_jobs() {
  return {{"build.copy", copy_job},
          {"build.digest", digest_job},
          {"build.mount_tree", mount_tree_job},
          {"build.make_cache", make_cache_job},
          {"build.compare_trees", compare_trees_job},
          {"build.normalise", normalise_job},
          {"build.squash", squash_job},
          {"build.unpack_context", unpack_context_job},
          {"build.workdir", workdir_job},
          {"build.files", files_job}};
}

}  // namespace trainyard::build
