#pragma once

#include <vector>

#include "engine/engine.hpp"

namespace trainyard::engine::native {

/// Writes /etc/hosts, /etc/hostname and /etc/resolv.conf of a container into `folder` and returns
/// the mounts that bring them in. They are copies: what a command writes into them reaches neither
/// the machine nor the layer. resolv.conf is the machine's where the network is.
std::vector<Mount> make_network_files(const ContainerSpec& spec, const fs::path& folder);

}  // namespace trainyard::engine::native
