#pragma once

#include <optional>
#include <string>

#include "base/slot_lease.hpp"
#include "engine/devices/edits.hpp"
#include "store/store.hpp"
#include "training/device_demand.hpp"

namespace trainyard::training {

/// Devices that this process may hand to one container as long as the object lives.
struct DeviceLease {
  SlotLease slots;
  /// What the container gets: the devices, and their names in TRAINYARD_DEVICES.
  engine::devices::Edits edits;
};

/// Waits until as many as asked for are free, on the whole machine (SlotFolder::of_machine), those
/// first that ctest has allotted. Nothing when `waiting.give_up` said so. Throws Error(machine)
/// when the machine has too few; where the demand is optional it takes what there is and says so.
std::optional<DeviceLease> lease_devices(const store::Store& store, const DeviceDemand& demand,
                                         const std::string& target, const SlotWaiting& waiting);

}  // namespace trainyard::training
