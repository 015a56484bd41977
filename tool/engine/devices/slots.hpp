#pragma once

#include <string>
#include <vector>

#include "engine/devices/lookup.hpp"

namespace trainyard::engine::devices {

/// A device, or what stands for one, that one run at a time may use.
struct DeviceSlot {
  std::string name;                ///< "nvidia.com/gpu=0", or "gpu:0"
  std::string kind;                ///< "nvidia.com/gpu", or "gpu"
  std::vector<std::string> ids;    ///< "0", and others that mean the same: "GPU-5a3b…"
  const Device* device = nullptr;  ///< none for one that only has a name
};

/// Which slots a person names: TRAINYARD_SLOTS, or else `configured`, a list with commas of
/// names such as "gpu:0", which stand for themselves, and of devices ("nvidia.com/gpu=0", or
/// "nvidia.com/gpu=*" for all of a kind). Empty: the GPUs of this machine.
struct SlotNames {
  std::string text;
  std::string origin;  ///< for messages
};
SlotNames slot_names(const std::string& configured);

/// The slots of `kind`, or, when it is empty, those that are GPUs, of one kind: of several that the
/// machine has, the first with `count` of them, else the first. A device with several names (its
/// number, its UUID) is one slot, called by the shortest; two names are of one device when their
/// specification gives them the same nodes. "all" is none. Throws a usage error for a list that
/// cannot be read and names devices that are not there.
std::vector<DeviceSlot> find_slots(Lookup& lookup, const SlotNames& names, const std::string& kind,
                                   size_t count);

/// All that a list names, of whatever kind.
std::vector<DeviceSlot> find_named_slots(Lookup& lookup, const SlotNames& names);

}  // namespace trainyard::engine::devices
