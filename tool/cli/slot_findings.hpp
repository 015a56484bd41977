#pragma once

#include <vector>

#include "engine/native/doctor.hpp"
#include "store/store.hpp"

namespace trainyard::cli {

/// The slots that runs with GPUS lease on this machine, each free or with its holder; why there are
/// none. Never bad: other runs need none.
std::vector<engine::native::Finding> slot_findings(const store::Store& store);

}  // namespace trainyard::cli
