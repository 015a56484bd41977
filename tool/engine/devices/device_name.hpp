#pragma once

#include <optional>
#include <string>

namespace trainyard::engine::devices {

/// A device's name in full, `vendor.com/class=name`, taken apart. Source: the Container Device
/// Interface specification, "kind" and "devices", and what its own implementation takes, which
/// besides allows `:` in a device's name.
struct DeviceName {
  std::string kind;  ///< vendor.com/class
  std::string name;
};

/// What is wrong with a kind or with the part behind `=`; empty when nothing is.
std::string fault_of_kind(const std::string& kind);
std::string fault_of_name(const std::string& name);

/// Nothing when the text is not of that form.
std::optional<DeviceName> parse_device_name(const std::string& text);

/// Whether devices of a kind compute graphics or models: nvidia.com/gpu, amd.com/gpu,
/// gpu.intel.com/xe. A kind without a vendor is its class.
bool is_gpu_kind(const std::string& kind);

}  // namespace trainyard::engine::devices
