#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "engine/engine.hpp"
#include "engine/native/cgroup.hpp"
#include "engine/native/id_map.hpp"
#include "engine/native/user_lookup.hpp"

namespace trainyard::engine::native {

/// What of devices are mounts: theirs, their libraries, and the nodes that cannot be made. In a
/// user namespace no node can, and whoever is there, outside of /dev: it would stay in a step's
/// layer.
std::vector<Mount> device_mounts(const devices::Edits& edits, IdMap::Kind map);

/// What is left for config.json: variables, nodes, hooks, groups. As the Container Device Interface
/// has it, later ones replace earlier ones of the same name or path, hooks add up, and a node
/// without an owner belongs to the container's user.
void add_devices(Json& config, const devices::Edits& edits, IdMap::Kind map,
                 const ContainerUser& user);

/// What may not be done with nodes though they are there.
std::vector<DeviceDenial> device_denials(const devices::Edits& edits);

/// Parts of the edits that have no effect in a user namespace, for a person.
std::vector<std::string> device_warnings(const devices::Edits& edits, IdMap::Kind map);

}  // namespace trainyard::engine::native
