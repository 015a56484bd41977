#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "engine/engine.hpp"
#include "engine/native/id_map.hpp"
#include "engine/native/user_lookup.hpp"

namespace trainyard::engine::native {

/// A mount with its target resolved inside the image.
struct PlacedMount {
  Mount mount;
  std::string target;
};

/// Everything that decides the OCI runtime configuration of one container.
struct RuntimeConfigInput {
  const ContainerSpec& spec;
  IdMap::Kind map = IdMap::Kind::root;
  fs::path root;  ///< the mounted overlay
  ContainerUser user;
  std::vector<std::string> argv;                 ///< as executed: with the init in front
  std::vector<PlacedMount> mounts;               ///< in order
  bool own_network = false;                      ///< a new network namespace
  std::optional<std::string> network_namespace;  ///< path of one that exists already
  bool limit_processes_by_rlimit = false;        ///< no pids cgroup was to be had
  uint64_t machine_memory = 0;                   ///< bytes, for the size of /dev/shm in training
};

/// The OCI runtime spec 1.0 `config.json` (github.com/opencontainers/runtime-spec). It names no
/// cgroup and no resources: those are made by ourselves around the runtime (cgroup.hpp).
Json runtime_config(const RuntimeConfigInput& input);

}  // namespace trainyard::engine::native
