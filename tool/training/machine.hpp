#pragma once

#include "base/json.hpp"

namespace trainyard::training {

/// What this machine is, as far as results may depend on it: architecture, processor (model and how
/// many of it a process may use), memory, kernel, operating system, NVIDIA devices and their
/// driver. Never its name or its user's: a statement about a model is made to be shown around.
Json describe_machine();

}  // namespace trainyard::training
