#include "engine/devices/lookup.hpp"

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "engine/devices/device_name.hpp"
#include "engine/devices/device_node.hpp"
#include "engine/devices/nvidia.hpp"

namespace trainyard::engine::devices {

namespace {

constexpr const char* k_class = "org.mobyproject.buildkit.device.class";

const std::string k_nvidia_gpus = std::string(k_nvidia_kind) + "=*";

std::string kind_of(const std::string& request) {
  return request.substr(0, request.find('='));
}

/// A tmpfs and the like have no place on this machine.
bool is_bind(const BindMount& mount) {
  if (!mount.type.empty() && mount.type != "none") return mount.type == "bind";
  return mount.host_path.starts_with('/');
}

void check(const Edits& edits, const Device& device) {
  const std::string subject = device.name + " (" + device.spec->origin + ")";
  if (!edits.unsupported.empty())
    throw Error("handing in", subject,
                "it asks for " + edits.unsupported.front() + ", which containers do not get here");
  for (const BindMount& mount : edits.mounts)
    if (std::error_code ignored; is_bind(mount) && !fs::exists(mount.host_path, ignored))
      throw Error("handing in", subject, "there is no " + mount.host_path + " on this machine",
                  "the specification may be older than the driver: make it anew (for NVIDIA's: "
                  "nvidia-ctk cdi generate --output=" +
                      device.spec->origin + ")");
}

Edits completed(Edits edits, const Device& device) {
  check(edits, device);
  for (Node& node : edits.nodes) {
    try {
      complete_node(node);
    } catch (const Error& error) {
      throw Error("handing in", device.name + " (" + device.spec->origin + ")",
                  node.path + ": " + error.cause(),
                  "the specification names a device that this machine does not have (any more)");
    }
  }
  return edits;
}

std::string joined(const std::vector<fs::path>& folders) {
  std::string text;
  for (const fs::path& folder : folders) text += (text.empty() ? "" : ", ") + folder.string();
  return text;
}

}  // namespace

Lookup::Lookup(fs::path made)
    : folders_(specification_folders()), registry_(folders_), made_(std::move(made)) {}

std::vector<const Device*> Lookup::find_known(const std::string& request) const {
  std::vector<const Device*> found;
  const std::string kind = kind_of(request);
  const size_t equals = request.find('=');
  const std::string name = equals == std::string::npos ? "" : request.substr(equals + 1);
  if (fault_of_kind(kind).empty())
    for (const auto& [full_name, device] : registry_.devices()) {
      if (kind_of(full_name) != kind) continue;
      if (name.empty() ? found.empty() : name == "*" || full_name == request)
        found.push_back(&device);
    }
  if (found.empty())
    for (const auto& [full_name, device] : registry_.devices())
      if (device.annotation(k_class) == request) found.push_back(&device);
  return found;
}

void Lookup::make_nvidia() {
  asked_nvidia_ = true;
  for (const auto& [name, device] : registry_.devices())
    if (kind_of(name) == k_nvidia_kind) return;  // whoever writes these knows which there are
  try {
    registry_.add(nvidia_spec(made_));
  } catch (const Error& error) {
    no_nvidia_ = (error.subject().empty() ? "" : error.subject() + ": ") + error.cause();
    if (!error.hint().empty()) no_nvidia_ += " (" + error.hint() + ")";
  }
}

std::vector<const Device*> Lookup::find(const std::string& request) {
  auto found = find_known(request);
  if (!found.empty() || asked_nvidia_ || kind_of(request) != k_nvidia_kind) return found;
  make_nvidia();
  return find_known(request);
}

std::vector<const Device*> Lookup::find_gpus() {
  std::vector<const Device*> found = find(k_nvidia_gpus);
  for (const auto& [name, device] : registry_.devices())
    if (const std::string kind = kind_of(name); is_gpu_kind(kind) && kind != k_nvidia_kind)
      found.push_back(&device);
  return found;
}

Error Lookup::not_found(const std::string& request) const {
  std::string cause =
      "no specification of the Container Device Interface in " + joined(folders_) + " has it";
  if (!no_nvidia_.empty()) cause += ", and none can be made: " + no_nvidia_;
  for (const std::string& problem : registry_.problems()) cause += "; passed over: " + problem;
  std::vector<std::string> names;
  for (const auto& [name, device] : registry_.devices()) names.push_back(name);
  std::string hint = suggestion(request, names);
  if (hint.empty() && !names.empty()) {
    hint = "there are";
    constexpr size_t k_shown = 8;
    for (size_t i = 0; i < std::min(names.size(), k_shown); ++i)
      hint += (i == 0 ? " " : ", ") + names[i];
    if (names.size() > k_shown) hint += " and others";
  }
  if (hint.empty())
    hint =
        "a vendor's tool writes one, as nvidia-ctk cdi generate; TRAINYARD_CDI_PATH names other "
        "folders";
  return {"handing in", "device " + request, cause, hint};
}

Edits edits_of(const std::vector<const Device*>& devices) {
  Edits all;
  std::set<const Spec*> specs;
  for (const Device* device : devices) {
    if (specs.insert(device->spec).second) all.append(completed(device->spec->edits, *device));
    all.append(completed(device->device->edits, *device));
  }
  return all;
}

}  // namespace trainyard::engine::devices
