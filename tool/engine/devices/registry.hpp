#pragma once

#include <list>
#include <map>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "engine/devices/spec.hpp"

namespace trainyard::engine::devices {

/// A device that can be asked for.
struct Device {
  std::string name;  ///< in full
  const Spec* spec = nullptr;
  const Spec::Device* device = nullptr;

  /// Of the device, else of its specification; empty when neither has it.
  std::string annotation(const std::string& key) const;
};

/// Folders with specifications, the more important ones later: those of TRAINYARD_CDI_PATH
/// (separated by colons) where it is set; else /etc/cdi and /var/run/cdi, and for an ordinary user
/// besides $XDG_CONFIG_HOME/cdi (~/.config/cdi) and $XDG_RUNTIME_DIR/cdi.
std::vector<fs::path> specification_folders();

/// All specifications of this machine. A device of a later folder stands for that of the same name
/// in an earlier one; one that two files of the same folder have is nobody's.
class Registry {
 public:
  explicit Registry(const std::vector<fs::path>& folders);
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  void add(Spec spec);
  const std::map<std::string, Device>& devices() const { return devices_; }
  /// Files that cannot be used and devices that two files of a folder have: one sentence each.
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  void read_folder(const fs::path& folder);

  std::list<Spec> specs_;  ///< which devices_ points to
  std::map<std::string, Device> devices_;
  std::vector<std::string> problems_;
};

}  // namespace trainyard::engine::devices
