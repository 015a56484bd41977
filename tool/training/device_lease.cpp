#include "training/device_lease.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "engine/devices/slots.hpp"
#include "training/ctest_allotment.hpp"

namespace trainyard::training {

namespace {

using engine::devices::DeviceSlot;
using engine::devices::Lookup;
using engine::devices::SlotNames;

std::string listed(const std::vector<DeviceSlot>& slots) {
  std::string text;
  for (const DeviceSlot& slot : slots) text += (text.empty() ? "" : ", ") + slot.name;
  return text;
}

std::string what_it_is(const DeviceDemand& demand) {
  return demand.kind.empty() ? "GPU" : "device of the kind " + demand.kind;
}

Error too_few(const DeviceDemand& demand, const std::string& target, const SlotNames& names,
              const std::vector<DeviceSlot>& slots, const Lookup& lookup) {
  std::string cause = "it asks for GPUS " + demand.str() + ", and ";
  const std::string holder = names.text.empty() ? "this machine" : names.origin;
  if (!slots.empty()) {
    cause += holder + " has " + std::to_string(slots.size()) + ": " + listed(slots);
  } else {
    cause += holder + " has no " + what_it_is(demand);
    const std::string request = (demand.kind.empty() ? "nvidia.com/gpu" : demand.kind) + "=*";
    if (names.text.empty()) cause += ": " + lookup.not_found(request).cause();
  }
  return {"training", target, cause,
          "GPUS_OPTIONAL lets it run with what there is; TRAINYARD_SLOTS=gpu:0,gpu:1 names slots "
          "where no device is found"};
}

/// Those that ctest has allotted to the test that builds this, in its order.
std::vector<std::string> allotted(const DeviceDemand& demand,
                                  const std::vector<DeviceSlot>& slots) {
  std::vector<std::string> names;
  const std::string type = ctest_resource_type(demand.kind);
  for (const std::string& id : ctest_allotment(type)) {
    const auto meant = std::find_if(slots.begin(), slots.end(),
                                    [&](const DeviceSlot& slot) { return is_meant(slot, id); });
    if (meant == slots.end())
      throw Error("leasing", type + " \"" + id + "\" that ctest has allotted",
                  "there is no such slot on this machine, but " + listed(slots),
                  "name these in the resource specification by what stands behind : or =, in "
                  "lower-case letters, digits and _");
    if (std::find(names.begin(), names.end(), meant->name) == names.end())
      names.push_back(meant->name);
  }
  return names;
}

SlotRequest request_of(const DeviceDemand& demand, const std::vector<DeviceSlot>& slots,
                       size_t count) {
  SlotRequest request;
  request.all = allotted(demand, slots);
  if (request.all.size() > count) request.all.resize(count);
  request.count = count - request.all.size();
  if (request.count == 0) return request;
  for (const DeviceSlot& slot : slots)
    if (std::find(request.all.begin(), request.all.end(), slot.name) == request.all.end())
      request.some.push_back(slot.name);
  return request;
}

engine::devices::Edits edits_of_leased(const std::vector<DeviceSlot>& slots,
                                       const std::vector<std::string>& leased) {
  std::vector<const engine::devices::Device*> devices;
  std::string names;
  for (const DeviceSlot& slot : slots) {
    if (std::find(leased.begin(), leased.end(), slot.name) == leased.end()) continue;
    names += (names.empty() ? "" : ",") + slot.name;
    if (slot.device != nullptr) devices.push_back(slot.device);
  }
  engine::devices::Edits edits = engine::devices::edits_of(devices);
  edits.environment.push_back("TRAINYARD_DEVICES=" + names);
  return edits;
}

}  // namespace

std::optional<DeviceLease> lease_devices(const store::Store& store, const DeviceDemand& demand,
                                         const std::string& target, const SlotWaiting& waiting) {
  if (demand.empty()) return DeviceLease();
  Lookup lookup(store.root() / "engine" / "devices");
  const SlotNames names = engine::devices::slot_names(demand.slots);
  const size_t wanted = demand.count.value_or(1);  // of all there must be one
  const auto slots = engine::devices::find_slots(lookup, names, demand.kind, wanted);
  const bool enough = slots.size() >= wanted;
  if (!enough && demand.need == DeviceDemand::Need::required)
    throw too_few(demand, target, names, slots, lookup);
  if (!enough && waiting.note)
    waiting.note(target + " asks for GPUS " + demand.str() + " and goes on with " +
                 (slots.empty() ? "none" : listed(slots)));
  if (slots.empty()) return DeviceLease();
  const size_t count = std::min(demand.count.value_or(slots.size()), slots.size());
  auto lease =
      SlotFolder::of_machine().lease(request_of(demand, slots, count), "run " + target, waiting);
  if (!lease) return std::nullopt;
  engine::devices::Edits edits = edits_of_leased(slots, lease->slots());
  return DeviceLease{std::move(*lease), std::move(edits)};
}

}  // namespace trainyard::training
