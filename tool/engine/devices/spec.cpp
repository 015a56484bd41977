#include "engine/devices/spec.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "base/error.hpp"
#include "base/text_file.hpp"
#include "base/yaml.hpp"
#include "engine/devices/device_name.hpp"

namespace trainyard::engine::devices {

namespace {

constexpr std::array<const char*, 8> k_versions{"0.3.0", "0.4.0", "0.5.0", "0.6.0",
                                                "0.7.0", "0.8.0", "1.0.0", "1.1.0"};

Error fault_in(const std::string& origin, const std::string& what, const std::string& hint = {}) {
  return usage_error("reading", origin, what, hint);
}

size_t version_of(const std::string& text, const std::string& origin) {
  const std::string number = text.starts_with('v') ? text.substr(1) : text;
  const auto found = std::find(k_versions.begin(), k_versions.end(), number);
  if (found == k_versions.end())
    throw fault_in(origin, "there is no cdiVersion \"" + text + "\" from 0.3.0 to 1.1.0");
  return static_cast<size_t>(found - k_versions.begin());
}

/// What each version brought, and whether it is used.
class Needs {
 public:
  void of(const Edits& edits) {
    for (const BindMount& mount : edits.mounts)
      if (!mount.type.empty()) need("0.4.0", "the type of a mount");
    for (const Node& node : edits.nodes)
      if (!node.host_path.empty()) need("0.5.0", "hostPath of a device node");
    if (!edits.additional_gids.empty()) need("0.7.0", "additionalGids");
    for (const std::string& member : edits.unsupported)
      need(member == "netDevices" ? "1.1.0" : "0.7.0", member);
  }
  void of(const Spec& spec) {
    of(spec.edits);
    if (!spec.annotations.empty()) need("0.6.0", "annotations");
    if (spec.kind.find('.', spec.kind.find('/')) != std::string::npos)
      need("0.6.0", "a class with a dot");
    for (const Spec::Device& device : spec.devices) {
      of(device.edits);
      if (!device.annotations.empty()) need("0.6.0", "annotations");
      if (device.name[0] >= '0' && device.name[0] <= '9')
        need("0.5.0", "a device name that begins with a digit");
    }
  }
  void check(size_t version, const std::string& origin) const {
    if (version < least_)
      throw fault_in(origin,
                  what_ + " came with cdiVersion " + k_versions[least_] + ", and this is " +
                      k_versions[version],
                  "raise cdiVersion");
  }

 private:
  void need(const char* version, const std::string& what) {
    const size_t index = version_of(version, "");
    if (index <= least_) return;
    least_ = index;
    what_ = what;
  }
  size_t least_ = 0;
  std::string what_;
};

std::map<std::string, std::string> annotations_of(ObjectReader& in, const std::string& where) {
  std::map<std::string, std::string> annotations;
  for (const auto& [name, value] : in.object("annotations").items())
    annotations[name] = scalar_text(value, where, "annotations");
  return annotations;
}

Spec::Device read_device(const Json& json, const std::string& origin, size_t number) {
  std::string where = origin + ": devices[" + std::to_string(number) + "]";
  ObjectReader in(json, where);
  Spec::Device device;
  device.name = scalar_text(in.any("name"), where, "name");
  if (const std::string fault = fault_of_name(device.name); !fault.empty())
    throw fault_in(where, fault);
  where = origin + ": device \"" + device.name + "\"";
  device.annotations = annotations_of(in, where);
  if (in.has("containerEdits")) device.edits = read_edits(in.object("containerEdits"), where);
  in.finish();
  if (device.edits.empty()) throw fault_in(where, "its containerEdits are empty");
  return device;
}

}  // namespace

Spec read_spec(const Json& json, const std::string& origin) {
  ObjectReader in(json, origin);
  Spec spec;
  spec.origin = origin;
  const size_t version =
      version_of(scalar_text(in.any("cdiVersion"), origin, "cdiVersion"), origin);
  spec.kind = scalar_text(in.any("kind"), origin, "kind");
  if (const std::string fault = fault_of_kind(spec.kind); !fault.empty())
    throw fault_in(origin, fault);
  spec.annotations = annotations_of(in, origin);
  if (in.has("containerEdits")) spec.edits = read_edits(in.object("containerEdits"), origin);
  std::set<std::string> names;
  for (const Json& device : in.array("devices")) {
    spec.devices.push_back(read_device(device, origin, spec.devices.size()));
    if (!names.insert(spec.devices.back().name).second)
      throw fault_in(origin, "device \"" + spec.devices.back().name + "\" stands twice");
  }
  in.finish();
  if (spec.devices.empty()) throw fault_in(origin, "it has no devices");
  Needs needs;
  needs.of(spec);
  needs.check(version, origin);
  return spec;
}

Spec read_spec_file(const fs::path& file) {
  const std::string text = read_text(file);
  return read_spec(file.extension() == ".json" ? parse_json(text, file.string())
                                               : parse_yaml(text, file.string()),
                   file.string());
}

}  // namespace trainyard::engine::devices
