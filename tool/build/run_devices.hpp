#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "dockerfile/dockerfile.hpp"
#include "engine/devices/edits.hpp"
#include "store/store.hpp"

namespace trainyard::build {

struct BuildRequest;
struct Plan;
struct RunStep;
struct StepTask;

/// A device that a step asks for.
struct PlannedDevice {
  std::string name;  ///< as asked for, or what --allow device=NAME,alias=… says it is
  bool required = false;
  dockerfile::Location at;
  int length = 1;
};

/// The devices of one RUN, aliases resolved.
std::vector<PlannedDevice> plan_devices(const dockerfile::Run& run, const BuildRequest& request);

/// Makes sure that the build's user allows the devices: all of them (`--allow device`), those by
/// name, and those whose specification says so itself. Only where some were not allowed as a whole
/// is looked what there is. Throws source errors.
void check_devices_allowed(const Plan& plan, const BuildRequest& request,
                           const store::Store& store);

/// For the step's key: the names, and not what they are on this machine.
Json device_inputs(const std::vector<PlannedDevice>& devices);

/// Finds them on this machine. One that is not there is a warning, a required one throws.
engine::devices::Edits find_devices(const StepTask& task, const RunStep& run);

}  // namespace trainyard::build
