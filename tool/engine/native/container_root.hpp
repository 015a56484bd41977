#pragma once

#include <optional>
#include <vector>

#include "base/unique_fd.hpp"
#include "engine/engine.hpp"
#include "engine/native/id_map.hpp"
#include "engine/native/layer_mounts.hpp"
#include "engine/native/private_files.hpp"
#include "engine/native/runtime_config.hpp"
#include "engine/native/stub_layer.hpp"

namespace trainyard::engine::native {

/// The root file system of one container, mounted in this process's mount namespace, and the mounts
/// that the runtime will put on it. Its folders on disk go with the object, but for spec.upper, and
/// for a stub layer that other containers may share: that goes with spec.work.
class ContainerRoot {
 public:
  /// `scratch` is an empty folder on a private tmpfs.
  ContainerRoot(const ContainerSpec& spec, const fs::path& scratch, std::vector<Mount> mounts,
                IdMap::Kind map);
  ~ContainerRoot();
  ContainerRoot(const ContainerRoot&) = delete;
  ContainerRoot& operator=(const ContainerRoot&) = delete;

  const fs::path& path() const { return path_; }
  int fd() const { return fd_.get(); }
  const std::vector<PlacedMount>& mounts() const { return mounts_; }

  /// Makes a folder inside when it is missing (WORKDIR) and returns its resolved path.
  std::string make_folder(const std::string& path);
  /// A file as the container's command will see it: inside a mount, or in the root; O_PATH. Empty
  /// when it does not exist.
  UniqueFd find(const std::string& path) const;
  /// So that the upper folder is free.
  void unmount();

 private:
  void place_mounts(int image_root, std::vector<Mount> mounts);
  /// A folder of its own on the store's file system: the stub layer, overlayfs's work folder, an
  /// upper that is thrown away. Side by side: making and removing a folder around them costs too.
  fs::path part(const char* name) const;
  fs::path place_stub(const StubLayer& stub);
  const PlacedMount* mount_of(const std::string& path) const;

  const ContainerSpec& spec_;
  fs::path folder_;  ///< what the names of its parts begin with
  fs::path path_;
  UniqueFd fd_;
  std::vector<PlacedMount> mounts_;
  bool mounted_ = false;
  std::optional<LayerMounts> layer_mounts_;
  std::optional<PrivateFiles> private_files_;
};

/// Throws a usage error when `path` lies below /proc, /sys or /dev, or is not absolute. `what`
/// names it.
void refuse_system_path(const std::string& what, const std::string& path);

}  // namespace trainyard::engine::native
