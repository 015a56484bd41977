#pragma once

#include <string>
#include <vector>

#include "base/file.hpp"
#include "engine/devices/spec.hpp"

namespace trainyard::engine::devices {

inline constexpr const char* k_nvidia_kind = "nvidia.com/gpu";

/// What there is of NVIDIA on a machine.
struct NvidiaMachine {
  struct Gpu {
    std::string index;               ///< in the order of the buses, as nvidia-smi counts
    std::string uuid;                ///< "GPU-…"; may be empty
    std::vector<std::string> nodes;  ///< /dev/nvidia0, /dev/dri/renderD128
  };
  std::vector<Gpu> gpus;
  std::vector<std::string> common_nodes;  ///< /dev/nvidiactl and the like, or /dev/dxg
  std::string driver;                     ///< 580.159.04; empty where it has no number (WSL)
  std::vector<Library> libraries;         ///< also under the names that links to them have
  std::vector<fs::path> programs;         ///< nvidia-smi and the like
  std::vector<std::string> sockets;       ///< of daemons that run, and folders: at the same place
  fs::path root;                          ///< in front of all paths of nodes and sockets

  /// Driver and nodes: what is made for one of them is not for another.
  std::string identity() const;
};

/// Looks below `root` (for tests; else "/"): nodes from /dev, buses and UUIDs from /proc, the
/// driver from the name of libcuda.so.<version>, which TRAINYARD_NVIDIA_LIBRARIES, the loader's
/// cache or a known folder has. Throws Error when there is no GPU or no driver.
NvidiaMachine discover_nvidia(const fs::path& root);

/// The devices `0`, `1` and so on, their UUIDs, and `all`.
Spec spec_of(const NvidiaMachine& machine);

/// By `nvidia-ctk cdi generate`, kept in the folder `made` for this driver and these nodes, where
/// that program is; else by spec_of. TRAINYARD_DEVICES_ROOT stands for "/". Throws Error.
Spec nvidia_spec(const fs::path& made);

}  // namespace trainyard::engine::devices
