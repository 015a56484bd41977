#pragma once

#include <memory>
#include <vector>

#include "engine/engine.hpp"
#include "engine/native/id_map.hpp"
#include "engine/native/ssh_relay.hpp"

namespace trainyard::engine::native {

/// Makes plain bind mounts of secrets and ssh-agents: files and sockets on the private tmpfs of
/// this container, which only its own process tree can enter, and which is gone with it in whatever
/// way it ends. Nothing of them reaches a disk.
class PrivateFiles {
 public:
  /// `scratch` is a folder on a private tmpfs.
  PrivateFiles(fs::path scratch, IdMap::Kind map) : scratch_(std::move(scratch)), map_(map) {}
  /// Leaves other mounts as they are.
  void prepare(Mount& mount);

 private:
  fs::path fresh_path();
  void give_away(const fs::path& path, const Mount& mount) const;

  fs::path scratch_;
  IdMap::Kind map_;
  int count_ = 0;
  std::vector<std::unique_ptr<SshRelay>> relays_;
};

}  // namespace trainyard::engine::native
