#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "engine/devices/edits.hpp"

namespace trainyard::engine::devices {

/// A specification of the Container Device Interface
/// (github.com/cncf-tags/container-device-interface), versions 0.3.0 to 1.1.0.
struct Spec {
  struct Device {
    std::string name;  ///< without its kind
    std::map<std::string, std::string> annotations;
    Edits edits;
  };

  std::string origin;  ///< its file, for messages
  std::string kind;    ///< vendor.com/class
  std::map<std::string, std::string> annotations;
  Edits edits;  ///< of every container that has one of the devices
  std::vector<Device> devices;
};

/// Reads a specification. Throws a usage error that names `origin` for whatever is wrong in it: an
/// unknown version or member, something that its version does not have yet, names, empty devices.
Spec read_spec(const Json& json, const std::string& origin);
/// The same of a file, which is JSON or YAML by its name.
Spec read_spec_file(const fs::path& file);

}  // namespace trainyard::engine::devices
