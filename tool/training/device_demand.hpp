#pragma once

#include <optional>
#include <string>

#include "base/json.hpp"

namespace trainyard::training {

/// What a run asks for by GPUS: how many devices of which kind, and whether it can do without.
struct DeviceDemand {
  enum class Need { required, optional };
  std::optional<size_t> count = 0;  ///< absent: all that there are
  std::string kind;                 ///< "nvidia.com/gpu", "tpu"; empty: any GPU
  Need need = Need::required;
  std::string slots;  ///< TRAINYARD_SLOTS of the build tree (engine/devices/slots.hpp)

  bool empty() const { return count == size_t{0}; }
  /// As it is written behind GPUS.
  std::string str() const;
};

/// "2", "all", "nvidia.com/gpu:2", "nvidia.com/gpu:all"; empty is none. Nothing when the text is
/// no such thing.
std::optional<DeviceDemand> parse_device_demand(const std::string& text);

Json to_json(const DeviceDemand& demand);
/// Null is no demand: earlier versions wrote none.
DeviceDemand device_demand_from(const Json& json);

}  // namespace trainyard::training
