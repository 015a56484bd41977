#include "build/run_devices.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/error.hpp"
#include "build/plan.hpp"
#include "build/step_execution.hpp"
#include "engine/devices/lookup.hpp"

namespace trainyard::build {

namespace {

constexpr const char* k_auto_allow = "org.mobyproject.buildkit.device.autoallow";
const std::string k_grant = "device=";
const std::string k_alias = ",alias=";

using engine::devices::Device;
using engine::devices::Lookup;

Lookup lookup_in(const store::Store& store) {
  return Lookup(store.root() / "engine" / "devices");
}

/// NAME[,alias=ALIAS] of each `--allow device=…`: what it calls what.
std::map<std::string, std::string> granted_names(const BuildRequest& request) {
  std::map<std::string, std::string> names;
  for (const std::string& text : request.allowed) {
    if (!text.starts_with(k_grant)) continue;
    const std::string grant = text.substr(k_grant.size());
    const size_t alias = grant.find(k_alias);
    const std::string name = grant.substr(0, alias);
    names[alias == std::string::npos ? name : grant.substr(alias + k_alias.size())] = name;
  }
  return names;
}

bool allows_itself(const Device& device) {
  const std::string text = device.annotation(k_auto_allow);
  for (const char* word : {"1", "t", "T", "TRUE", "true", "True"})
    if (text == word) return true;
  return false;
}

void check_allowed(const Plan& plan, const PlannedDevice& device, Lookup& lookup,
                   const std::set<std::string>& granted) {
  const auto found = lookup.find(device.name);
  if (found.empty() && device.required) {
    const Error error = lookup.not_found(device.name);
    throw plan.source.error(device.at, "there is no device " + device.name + ": " + error.cause(),
                            error.hint(), device.length);
  }
  for (const Device* one : found)
    if (!granted.contains(one->name) && !allows_itself(*one))
      throw plan.source.error(
          device.at,
          "a step asks for the device " + one->name + ", which this build does not allow",
          "if you trust this Dockerfile: trainyard build --allow device=" + one->name +
              ", or --allow device for all",
          device.length);
}

std::vector<const PlannedDevice*> all_devices(const Plan& plan) {
  std::vector<const PlannedDevice*> list;
  for (const auto& [index, stage] : plan.stages)
    for (const PlannedStep& step : stage.steps)
      if (const auto* run = std::get_if<RunStep>(&step.body))
        for (const PlannedDevice& device : run->devices) list.push_back(&device);
  return list;
}

}  // namespace

std::vector<PlannedDevice> plan_devices(const dockerfile::Run& run, const BuildRequest& request) {
  std::vector<PlannedDevice> devices;
  const auto names = granted_names(request);
  for (const dockerfile::DeviceFlag& flag : run.devices) {
    const auto alias = names.find(flag.name);
    devices.push_back({alias == names.end() ? flag.name : alias->second, flag.required,
                       flag.text.at, static_cast<int>(flag.text.text.size())});
  }
  return devices;
}

void check_devices_allowed(const Plan& plan, const BuildRequest& request,
                           const store::Store& store) {
  const auto devices = all_devices(plan);
  if (devices.empty() || request.allowed.contains("device")) return;
  Lookup lookup = lookup_in(store);
  std::set<std::string> granted;
  for (const auto& [alias, name] : granted_names(request))
    for (const Device* device : lookup.find(name)) granted.insert(device->name);
  for (const PlannedDevice* device : devices) check_allowed(plan, *device, lookup, granted);
}

Json device_inputs(const std::vector<PlannedDevice>& devices) {
  Json inputs = Json::array();
  for (const PlannedDevice& device : devices)
    inputs.push_back(device.name + (device.required ? ",required" : ""));
  return inputs;
}

engine::devices::Edits find_devices(const StepTask& task, const RunStep& run) {
  if (run.devices.empty()) return {};
  Lookup lookup = lookup_in(task.session.store);
  std::vector<const Device*> found;
  for (const PlannedDevice& device : run.devices) {
    const auto here = lookup.find(device.name);
    if (here.empty()) {
      const Error error = lookup.not_found(device.name);
      if (device.required) throw error;
      task.session.warn("warning: " + task.session.plan.source.name + ":" +
                        std::to_string(device.at.line) + ": the step runs without the device " +
                        device.name + ": " + error.cause() + "\n");
    }
    for (const Device* one : here)
      if (std::find(found.begin(), found.end(), one) == found.end()) found.push_back(one);
  }
  return engine::devices::edits_of(found);
}

}  // namespace trainyard::build
