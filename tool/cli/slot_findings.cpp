#include "cli/slot_findings.hpp"

#include "base/error.hpp"
#include "base/slot_lease.hpp"
#include "engine/devices/slots.hpp"

namespace trainyard::cli {

namespace {

using engine::devices::DeviceSlot;
using engine::native::Finding;

std::string state_of(const SlotFolder& folder, const DeviceSlot& slot) {
  if (!folder.is_held(slot.name)) return "free";
  const auto holder = folder.holder(slot.name);
  return holder ? "held by " + holder->str() : "held";
}

std::vector<Finding> find(const store::Store& store) {
  engine::devices::Lookup lookup(store.root() / "engine" / "devices");
  const auto names = engine::devices::slot_names("");
  const std::vector<DeviceSlot> slots = names.text.empty()
                                            ? engine::devices::find_slots(lookup, names, "", 0)
                                            : engine::devices::find_named_slots(lookup, names);
  if (slots.empty())
    return {{Finding::Grade::good, "GPUs",
             "none: runs with GPUS need GPUS_OPTIONAL, or slots that TRAINYARD_SLOTS names", ""}};
  const SlotFolder folder = SlotFolder::of_machine();
  std::vector<Finding> findings;
  for (const DeviceSlot& slot : slots)
    findings.push_back({Finding::Grade::good, "slot " + slot.name, state_of(folder, slot), ""});
  return findings;
}

}  // namespace

std::vector<Finding> slot_findings(const store::Store& store) {
  try {
    return find(store);
  } catch (const Error& error) {
    return {
        {Finding::Grade::warning, "GPUs", error.subject() + ": " + error.cause(), error.hint()}};
  }
}

}  // namespace trainyard::cli
