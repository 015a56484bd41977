#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "engine/devices/registry.hpp"

namespace trainyard::engine::devices {

/// Finds devices by what a person asks for, as BuildKit has it: `vendor.com/class=name`, all of a
/// kind by `vendor.com/class=*`, its first one by `vendor.com/class`, or those that have the word
/// as their annotation org.mobyproject.buildkit.device.class. Where no specification knows NVIDIA's
/// GPUs, one is made (nvidia.hpp) when they are asked for.
class Lookup {
 public:
  /// `made` is a folder for specifications that are made here.
  explicit Lookup(fs::path made);

  /// Sorted by name; empty when there is none, and `explanation` says why.
  std::vector<const Device*> find(const std::string& request);
  /// All that are GPUs, one kind after the other, those of NVIDIA first; sorted by name in each.
  std::vector<const Device*> find_gpus();
  /// For messages: where was looked, and what was not right there.
  Error not_found(const std::string& request) const;

 private:
  std::vector<const Device*> find_known(const std::string& request) const;
  void make_nvidia();

  std::vector<fs::path> folders_;
  Registry registry_;
  fs::path made_;
  bool asked_nvidia_ = false;
  std::string no_nvidia_;  ///< why there is none
};

/// What all of these change in a container: each specification's own edits once, before those of
/// its first device, device nodes filled in. Throws Error for a device that asks for something that
/// is not there (any more), or that is not done here.
Edits edits_of(const std::vector<const Device*>& devices);

}  // namespace trainyard::engine::devices
