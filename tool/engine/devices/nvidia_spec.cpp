#include <sys/stat.h>

#include <cstdlib>

#include "base/error.hpp"
#include "base/folder_listing.hpp"
#include "base/process.hpp"
#include "base/sha256.hpp"
#include "engine/devices/device_name.hpp"
#include "engine/devices/nvidia.hpp"

namespace trainyard::engine::devices {

namespace {

/// Where the machine's node really is: a link to it is none that a container could be given.
Node node_of(const NvidiaMachine& machine, const std::string& path) {
  Node node;
  node.path = path;
  std::error_code failure;
  const fs::path real = fs::canonical(machine.root / fs::path(path).relative_path(), failure);
  node.host_path = failure ? path : real.string();
  return node;
}

Edits common_edits(const NvidiaMachine& machine) {
  Edits edits;
  // So that a hook of NVIDIA's own runtime, should there be one, does nothing on top.
  edits.environment = {"NVIDIA_VISIBLE_DEVICES=void"};
  for (const std::string& node : machine.common_nodes)
    edits.nodes.push_back(node_of(machine, node));
  edits.libraries = machine.libraries;
  for (const fs::path& program : machine.programs)
    edits.mounts.push_back({program.string(),
                            "/usr/bin/" + program.filename().string(),
                            "",
                            {"ro", "nosuid", "nodev", "rbind", "rprivate"}});
  for (const std::string& socket : machine.sockets)
    edits.mounts.push_back({(machine.root / fs::path(socket).relative_path()).string(),
                            socket,
                            "",
                            {"ro", "nosuid", "nodev", "noexec", "rbind", "rprivate"}});
  return edits;
}

/// nvidia-ctk knows more than we do: MIG, for one. Nothing when it is not there or fails.
std::optional<Spec> generated(const NvidiaMachine& machine, const fs::path& made) {
  if (find_program("nvidia-ctk").empty()) return std::nullopt;
  const std::string name = "nvidia-" + sha256_hex(machine.identity()).substr(0, 32) + ".json";
  const fs::path file = made / name;
  std::error_code ignored;
  if (!fs::exists(file, ignored)) {
    make_directories(made);
    const fs::path fresh = made / ("." + random_name(8) + ".json");
    const Captured done =
        capture({"nvidia-ctk", "cdi", "generate", "--format=json", "--output=" + fresh.string()});
    if (!done.status.success() || !fs::exists(fresh, ignored)) {
      fs::remove(fresh, ignored);
      return std::nullopt;
    }
    // Those of another driver or other devices have had their day.
    for (const fs::directory_entry& entry : entries_of(made, ignored))
      if (entry.path().filename().string().starts_with("nvidia-"))
        fs::remove(entry.path(), ignored);
    rename_path(fresh, file);
  }
  try {
    Spec spec = read_spec_file(file);
    if (spec.kind == k_nvidia_kind) return spec;
  } catch (const Error&) {
    // Of a version that is not known yet, perhaps.
  }
  fs::remove(file, ignored);
  return std::nullopt;
}

}  // namespace

Spec spec_of(const NvidiaMachine& machine) {
  Spec spec;
  spec.origin = "found on this machine";
  spec.kind = k_nvidia_kind;
  spec.edits = common_edits(machine);
  Edits all;
  for (const NvidiaMachine::Gpu& gpu : machine.gpus) {
    Edits edits;
    for (const std::string& node : gpu.nodes) edits.nodes.push_back(node_of(machine, node));
    all.append(edits);
    if (gpu.index.empty()) continue;  // all or nothing
    spec.devices.push_back({gpu.index, {}, edits});
    if (fault_of_name(gpu.uuid).empty()) spec.devices.push_back({gpu.uuid, {}, edits});
  }
  spec.devices.push_back({"all", {}, all});
  return spec;
}

Spec nvidia_spec(const fs::path& made) {
  const char* root = std::getenv("TRAINYARD_DEVICES_ROOT");
  const NvidiaMachine machine = discover_nvidia(root != nullptr && *root != '\0' ? root : "/");
  if (auto spec = generated(machine, made)) return std::move(*spec);
  return spec_of(machine);
}

}  // namespace trainyard::engine::devices
