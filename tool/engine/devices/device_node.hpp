#pragma once

#include "engine/devices/edits.hpp"

namespace trainyard::engine::devices {

/// Fills in what a specification leaves to the machine: host path, type, numbers, mode. Throws
/// Error when the node is not there and the specification does not say enough to make it.
void complete_node(Node& node);

}  // namespace trainyard::engine::devices
