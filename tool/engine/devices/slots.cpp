#include "engine/devices/slots.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>
#include <set>

#include "engine/devices/device_name.hpp"

namespace trainyard::engine::devices {

namespace {

/// What makes it this device and no other; empty when it has no nodes.
std::set<std::string> nodes_of(const Device& device) {
  std::set<std::string> nodes;
  for (const Node& node : device.device->edits.nodes)
    nodes.insert(node.host_path.empty() ? node.path : node.host_path);
  return nodes;
}

bool is_better_name(const std::string& one, const std::string& other) {
  return one.size() != other.size() ? one.size() < other.size() : one < other;
}

DeviceSlot slot_of(const Device& device) {
  const DeviceName name = parse_device_name(device.name).value();
  return {device.name, name.kind, {name.name}, &device};
}

void add_device(std::vector<DeviceSlot>& slots, const Device& device) {
  DeviceSlot fresh = slot_of(device);
  if (fresh.ids.front() == "all") return;
  const std::set<std::string> nodes = nodes_of(device);
  for (DeviceSlot& slot : slots) {
    if (slot.device == &device) return;
    if (slot.device == nullptr || slot.kind != fresh.kind || nodes.empty() ||
        nodes_of(*slot.device) != nodes)
      continue;
    if (is_better_name(fresh.ids.front(), slot.ids.front())) {
      fresh.ids.insert(fresh.ids.end(), slot.ids.begin(), slot.ids.end());
      slot = std::move(fresh);
    } else {
      slot.ids.push_back(fresh.ids.front());
    }
    return;
  }
  slots.push_back(std::move(fresh));
}

std::vector<DeviceSlot> slots_of(const std::vector<const Device*>& devices) {
  std::vector<DeviceSlot> slots;
  for (const Device* device : devices) add_device(slots, *device);
  // Kinds stay in their order; in each of them "2" comes before "10".
  for (auto begin = slots.begin(); begin != slots.end();) {
    const auto end = std::find_if(begin, slots.end(),
                                  [&](const DeviceSlot& slot) { return slot.kind != begin->kind; });
    std::sort(begin, end, [](const DeviceSlot& one, const DeviceSlot& other) {
      return is_better_name(one.ids.front(), other.ids.front());
    });
    begin = end;
  }
  return slots;
}

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// "gpu:0"
DeviceSlot named_slot(const std::string& name, const SlotNames& names) {
  const size_t colon = name.find(':');
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == ':' || c == '_' || c == '-' || c == '.';
  });
  if (!plain || colon == std::string::npos || colon == 0 || colon + 1 == name.size())
    throw usage_error("reading", names.origin, "\"" + name + "\" is no slot",
                      "name slots as kind:id (gpu:0) or by devices (nvidia.com/gpu=0), with commas "
                      "between them");
  return {name, name.substr(0, colon), {name.substr(colon + 1)}, nullptr};
}

/// Under the names that they have for everybody, whichever of their names was given.
void add_devices(std::vector<DeviceSlot>& slots, Lookup& lookup, const std::string& request) {
  const std::string kind = request.substr(0, request.find('='));
  const std::string id = request.substr(kind.size() + 1);
  bool found = false;
  for (const DeviceSlot& slot : slots_of(lookup.find(kind + "=*"))) {
    if (id != "*" && std::find(slot.ids.begin(), slot.ids.end(), id) == slot.ids.end()) continue;
    found = true;
    if (std::none_of(slots.begin(), slots.end(),
                     [&](const DeviceSlot& other) { return other.name == slot.name; }))
      slots.push_back(slot);
  }
  if (!found) throw lookup.not_found(request);
}

std::vector<DeviceSlot> of_one_kind(const std::vector<DeviceSlot>& slots, size_t count) {
  std::vector<std::string> kinds;  // in the order of the slots
  std::map<std::string, std::vector<DeviceSlot>> sorted;
  for (const DeviceSlot& slot : slots) {
    if (!is_gpu_kind(slot.kind)) continue;
    if (!sorted.contains(slot.kind)) kinds.push_back(slot.kind);
    sorted[slot.kind].push_back(slot);
  }
  for (const std::string& kind : kinds)
    if (sorted[kind].size() >= count) return sorted[kind];
  return kinds.empty() ? std::vector<DeviceSlot>() : sorted[kinds.front()];
}

}  // namespace

SlotNames slot_names(const std::string& configured) {
  const char* given = std::getenv("TRAINYARD_SLOTS");
  if (given != nullptr && *given != '\0') return {given, "TRAINYARD_SLOTS"};
  return {configured, "\"slots\" of the run's spec"};
}

std::vector<DeviceSlot> find_named_slots(Lookup& lookup, const SlotNames& names) {
  std::vector<DeviceSlot> slots;
  for (size_t begin = 0; begin <= names.text.size();) {
    const size_t end = std::min(names.text.find(',', begin), names.text.size());
    const std::string name = trimmed(names.text.substr(begin, end - begin));
    begin = end + 1;
    if (name.empty()) continue;
    if (name.find('=') == std::string::npos) {
      const DeviceSlot slot = named_slot(name, names);
      if (std::none_of(slots.begin(), slots.end(),
                       [&](const DeviceSlot& other) { return other.name == slot.name; }))
        slots.push_back(slot);
      continue;
    }
    add_devices(slots, lookup, name);
  }
  return slots;
}

std::vector<DeviceSlot> find_slots(Lookup& lookup, const SlotNames& names, const std::string& kind,
                                   size_t count) {
  if (!names.text.empty()) {
    const std::vector<DeviceSlot> all = find_named_slots(lookup, names);
    if (kind.empty()) return of_one_kind(all, count);
    std::vector<DeviceSlot> slots;
    std::copy_if(all.begin(), all.end(), std::back_inserter(slots),
                 [&](const DeviceSlot& slot) { return slot.kind == kind; });
    return slots;
  }
  if (kind.empty()) return of_one_kind(slots_of(lookup.find_gpus()), count);
  return slots_of(lookup.find(kind + "=*"));
}

}  // namespace trainyard::engine::devices
