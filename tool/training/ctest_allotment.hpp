#pragma once

#include <string>
#include <vector>

#include "engine/devices/slots.hpp"

namespace trainyard::training {

/// What RESOURCE_GROUPS of a test call devices of a kind (empty: GPUs): "gpus", else the class of
/// the kind with an s, "tpus" of "tpu" or "vendor.com/tpu". cmake/ names them by the same rule.
std::string ctest_resource_type(const std::string& kind);

/// The ids that ctest has allotted to this test, each once, by the variables
/// CTEST_RESOURCE_GROUP_COUNT, CTEST_RESOURCE_GROUP_<n> and CTEST_RESOURCE_GROUP_<n>_<TYPE>; empty
/// outside of ctest, or without a resource specification. Throws a usage error for what ctest does
/// not write. Source: ctest(1), "Resource allocation".
std::vector<std::string> ctest_allotment(const std::string& type);

/// Whether an id of a resource specification means this slot: ids have lower-case letters, digits
/// and _ alone, so it is the slot's id in these, also with gpu_ or mig_ in front.
bool is_meant(const engine::devices::DeviceSlot& slot, const std::string& ctest_id);

}  // namespace trainyard::training
