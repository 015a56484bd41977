#pragma once

#include "base/json.hpp"

namespace trainyard::engine::native {

/// The names ("CAP_CHOWN") of the capabilities that a build step and `run IMAGE` have.
Json build_capabilities();
/// All that this process has: in a user namespace those over what belongs to it.
Json own_capabilities();

}  // namespace trainyard::engine::native
