#include "engine/native/layer_mounts.hpp"

#include <fcntl.h>
#include <sys/mount.h>

#include "base/error.hpp"
#include "base/unique_fd.hpp"
#include "engine/native/overlay_mount.hpp"
#include "engine/native/root_path.hpp"
#include "engine/native/stub_layer.hpp"

namespace trainyard::engine::native {

LayerMounts::~LayerMounts() {
  std::error_code ignored;  // the store's sweep removes what is left of the work folder
  for (const fs::path& folder : made_) fs::remove_all(folder, ignored);
}

void LayerMounts::prepare(Mount& mount) {
  if (mount.kind != Mount::Kind::layers) return;
  const std::string name = "layers-" + std::to_string(count_++);
  const fs::path shown = scratch_ / name;
  const fs::path links = scratch_ / (name + "-links");
  make_directories(shown);
  make_directories(links);
  OverlayMount overlay{mount.layers, std::nullopt, {}, links};
  if (mount.access == Mount::Access::read_write) {
    overlay.upper = uppers_.string() + "." + name;
    overlay.work = uppers_.string() + "." + name + "-work";
    for (const fs::path& folder : {*overlay.upper, overlay.work}) {
      make_directories(folder);
      made_.push_back(folder);
    }
    // The merged root folder shows the upper's own owner and mode.
    if (!mount.layers.empty()) {
      const UniqueFd from(::open(mount.layers.back().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      const UniqueFd to(::open(overlay.upper->c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      if (!from || !to) throw system_error("opening", overlay.upper->string());
      copy_metadata(from.get(), to.get(), overlay.upper->string());
    }
  }
  mount_overlay(overlay, shown);
  const UniqueFd root(::open(shown.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) throw system_error("opening", shown.string());
  const ResolvedPath found = resolve_in_root(root.get(), mount.source.string());
  if (!found.exists)
    throw usage_error("mounting", "\"" + mount.source.string() + "\" at " + mount.target,
                      "there is no such path in the stage or image that it is mounted from");
  mount.kind = Mount::Kind::bind;
  mount.source = found.path == "/" ? shown : fs::path(shown.string() + found.path);
}

}  // namespace trainyard::engine::native
