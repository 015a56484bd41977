#include "training/device_demand.hpp"

#include <algorithm>
#include <charconv>

#include "engine/devices/device_name.hpp"

namespace trainyard::training {

namespace {

constexpr size_t k_most = 4096;

bool is_kind(const std::string& text) {
  if (text.find('/') != std::string::npos) return engine::devices::fault_of_kind(text).empty();
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  });
}

}  // namespace

std::string DeviceDemand::str() const {
  return (kind.empty() ? "" : kind + ":") + (count ? std::to_string(*count) : "all");
}

std::optional<DeviceDemand> parse_device_demand(const std::string& text) {
  DeviceDemand demand;
  if (text.empty()) return demand;
  const size_t colon = text.rfind(':');
  if (colon != std::string::npos) {
    demand.kind = text.substr(0, colon);
    if (!is_kind(demand.kind)) return std::nullopt;
  }
  const std::string number = colon == std::string::npos ? text : text.substr(colon + 1);
  if (number == "all") {
    demand.count.reset();
    return demand;
  }
  size_t count = 0;
  const auto end = number.data() + number.size();
  const auto result = std::from_chars(number.data(), end, count);
  if (result.ec != std::errc() || result.ptr != end || count > k_most) return std::nullopt;
  demand.count = count;
  return demand;
}

Json to_json(const DeviceDemand& demand) {
  if (demand.empty()) return nullptr;
  return {{"gpus", demand.str()},
          {"optional", demand.need == DeviceDemand::Need::optional},
          {"slots", demand.slots}};
}

DeviceDemand device_demand_from(const Json& json) {
  if (json.is_null()) return {};
  DeviceDemand demand = parse_device_demand(json.at("gpus").get<std::string>()).value();
  if (json.at("optional").get<bool>()) demand.need = DeviceDemand::Need::optional;
  demand.slots = json.at("slots").get<std::string>();
  return demand;
}

}  // namespace trainyard::training
