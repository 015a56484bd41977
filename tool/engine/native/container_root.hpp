#pragma once

#include <optional>
#include <vector>

#include "base/unique_fd.hpp"
#include "engine/engine.hpp"
#include "engine/native/runtime_config.hpp"

namespace trainyard::engine::native {

/// The root file system of one container, mounted in this process's mount namespace, and the mounts
/// that the runtime will put on it. Its folders on disk go with the object, but for spec.upper.
class ContainerRoot {
 public:
  /// `scratch` is an empty folder on a private tmpfs.
  ContainerRoot(const ContainerSpec& spec, const fs::path& scratch, std::vector<Mount> mounts);
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
  /// Unmounts, so that the upper folder is free, and removes what is thrown away.
  void release();

 private:
  void place_mounts(int image_root, std::vector<Mount> mounts);
  void mount_image(const fs::path& scratch, const fs::path& target);
  const PlacedMount* mount_of(const std::string& path) const;

  const ContainerSpec& spec_;
  fs::path
      folder_;  ///< on the store's file system: stub layer, overlay work folder, throw-away upper
  fs::path path_;
  UniqueFd fd_;
  std::vector<PlacedMount> mounts_;
  bool mounted_ = false;
};

/// Throws a usage error when `path` lies below /proc, /sys or /dev, or is not absolute. `what`
/// names it.
void refuse_system_path(const std::string& what, const std::string& path);

}  // namespace trainyard::engine::native
