#include "engine/devices/nvidia.hpp"

#include <sys/stat.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <sstream>

#include "base/error.hpp"
#include "base/folder_listing.hpp"
#include "base/process.hpp"

namespace trainyard::engine::devices {

namespace {

constexpr const char* k_action = "looking for NVIDIA's GPUs";
constexpr const char* k_wsl_node = "/dev/dxg";

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const fs::directory_entry& entry : entries_of(folder, ignored))
    names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

bool is_number(const std::string& text) {
  return !text.empty() && text.size() < 10 &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

/// `580.159.04` of `libcuda.so.580.159.04`; empty for names without a version of two parts.
std::string version_in(const std::string& name) {
  const std::string prefix = "libcuda.so.";
  if (!name.starts_with(prefix)) return {};
  const std::string version = name.substr(prefix.size());
  const bool numbers = version.find_first_not_of("0123456789.") == std::string::npos;
  return numbers && version.find('.') != std::string::npos ? version : "";
}

class Discovery {
 public:
  explicit Discovery(const fs::path& root) : root_(root) { machine_.root = root; }

  NvidiaMachine run() {
    if (exists(k_wsl_node)) {
      machine_.gpus.push_back({});
      machine_.common_nodes = {k_wsl_node};
    } else {
      find_gpus();
    }
    if (machine_.gpus.empty())
      throw Error(k_action, host("/dev").string(), "there is no device /dev/nvidia0",
                  "is the driver loaded? `nvidia-smi` says more");
    find_libraries();
    find_programs();
    for (const char* socket : {"/run/nvidia-persistenced/socket",
                               "/run/nvidia-fabricmanager/socket", "/usr/lib/wsl/drivers"})
      if (exists(socket)) machine_.sockets.emplace_back(socket);
    return std::move(machine_);
  }

 private:
  fs::path host(const std::string& path) const { return root_ / fs::path(path).relative_path(); }
  bool exists(const std::string& path) const {
    std::error_code ignored;
    return fs::exists(host(path), ignored);
  }

  /// By bus: so nvidia-smi counts. A node that /proc says nothing of counts by its own number.
  void find_gpus() {
    std::map<std::string, std::pair<std::string, std::string>> known;  // minor: UUID, bus
    std::vector<std::string> order;
    for (const std::string& bus : names_in(host("/proc/driver/nvidia/gpus"))) {
      const auto text =
          read_file_if_exists(host("/proc/driver/nvidia/gpus/" + bus + "/information"));
      const std::string minor = field(text.value_or(""), "Device Minor:");
      if (!is_number(minor)) continue;
      known[minor] = {field(*text, "GPU UUID:"), bus};
      order.push_back(minor);
    }
    std::vector<std::string> others;
    for (const std::string& name : names_in(host("/dev")))
      if (const std::string minor = name.starts_with("nvidia") ? name.substr(6) : "";
          is_number(minor) && !known.contains(minor))
        others.push_back(minor);
    std::sort(others.begin(), others.end(), [](const std::string& a, const std::string& b) {
      return std::stoi(a) < std::stoi(b);
    });
    order.insert(order.end(), others.begin(), others.end());
    for (const std::string& minor : order) {
      const std::string node = "/dev/nvidia" + minor;
      if (!exists(node)) continue;
      const auto& [uuid, bus] = known[minor];
      NvidiaMachine::Gpu gpu{std::to_string(machine_.gpus.size()), uuid, {node}};
      if (!bus.empty())
        for (const std::string& name : names_in(host("/sys/bus/pci/devices/" + bus + "/drm")))
          if (exists("/dev/dri/" + name)) gpu.nodes.push_back("/dev/dri/" + name);
      machine_.gpus.push_back(std::move(gpu));
    }
    for (const char* name : {"nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset"})
      if (exists(std::string("/dev/") + name))
        machine_.common_nodes.push_back(std::string("/dev/") + name);
  }

  static std::string field(const std::string& text, const std::string& name) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with(name)) continue;
      const size_t begin = line.find_first_not_of(" \t", name.size());
      return begin == std::string::npos ? "" : line.substr(begin);
    }
    return {};
  }

  std::vector<fs::path> library_folders() const {
    const char* given = std::getenv("TRAINYARD_NVIDIA_LIBRARIES");
    if (given != nullptr && *given != '\0') return {absolute_normal(given)};
    std::vector<fs::path> folders;
    if (root_ == "/") folders = cached_folders();
    utsname system{};
    ::uname(&system);
    const std::string triplet = std::string(system.machine) + "-linux-gnu";
    for (const std::string& folder :
         {"/usr/lib/" + triplet, std::string("/usr/lib64"), std::string("/usr/lib"),
          std::string("/usr/local/nvidia/lib64"), std::string("/usr/local/nvidia/lib"),
          std::string("/usr/lib/wsl/lib"), std::string("/var/lib/nvidia/lib64"),
          "/run/nvidia/driver/usr/lib/" + triplet, std::string("/run/nvidia/driver/usr/lib64")})
      folders.push_back(host(folder));
    return folders;
  }

  /// Those in which the machine's own loader finds libcuda.
  static std::vector<fs::path> cached_folders() {
    std::vector<fs::path> folders;
    if (find_program("ldconfig").empty()) return folders;
    utsname system{};
    ::uname(&system);
    const std::string kind = std::string(system.machine) == "aarch64" ? "AArch64" : "x86-64";
    std::istringstream lines(capture({"ldconfig", "-p"}).out);
    for (std::string line; std::getline(lines, line);) {
      const size_t arrow = line.find(" => ");
      if (line.find("libcuda.so") == std::string::npos || arrow == std::string::npos ||
          line.find(kind) > arrow)
        continue;
      std::error_code failure;
      const fs::path real = fs::canonical(line.substr(arrow + 4), failure);
      if (!failure) folders.push_back(real.parent_path());
    }
    return folders;
  }

  void find_libraries() {
    const std::vector<fs::path> folders = library_folders();
    for (const fs::path& folder : folders) {
      for (const std::string& name : names_in(folder))
        if (machine_.driver.empty()) machine_.driver = version_in(name);
      if (machine_.driver.empty()) continue;
      take_libraries(folder);
      return;
    }
    std::string looked;
    for (const fs::path& folder : folders) looked += (looked.empty() ? "" : ", ") + folder.string();
    throw Error(k_action, "libcuda.so", "the driver's library is not in " + looked,
                "TRAINYARD_NVIDIA_LIBRARIES names the folder that holds it");
  }

  /// All of the driver's, under each name that the folder has for them. Where links are missing,
  /// the name that programs ask for is made.
  void take_libraries(const fs::path& folder) {
    const std::string ending = ".so." + machine_.driver;
    const bool all = machine_.common_nodes.front() == k_wsl_node;  // versions differ there
    std::map<std::string, std::string> names;
    for (const std::string& name : names_in(folder)) {
      std::error_code failure;
      const fs::path real = fs::canonical(folder / name, failure);
      if (failure || !name.starts_with("lib") || name.find(".so") == std::string::npos) continue;
      const std::string file = real.filename();
      if (all || file.ends_with(ending)) names[name] = real.string();
    }
    for (const auto& [name, real] : std::map(names))
      if (name.ends_with(ending) && !all) {
        const std::string stem = name.substr(0, name.size() - ending.size());
        const auto other = names.lower_bound(stem + ".so.");
        const bool has_link = other != names.end() && other->second == real && other->first != name;
        if (!has_link) names.emplace(stem + ".so.1", real);
      }
    for (const auto& [name, real] : names) machine_.libraries.push_back({real, name});
  }

  /// First beside the driver's libraries: in /usr/bin may lie a script that calls the one there.
  void find_programs() {
    const fs::path libraries = fs::path(machine_.libraries.front().host_path).parent_path();
    for (const char* name : {"nvidia-smi", "nvidia-debugdump", "nvidia-persistenced",
                             "nvidia-cuda-mps-control", "nvidia-cuda-mps-server"})
      for (const fs::path& folder :
           {libraries.parent_path() / "bin", host("/usr/bin"), host("/usr/local/nvidia/bin"),
            host("/usr/lib/wsl/lib"), host("/run/nvidia/driver/usr/bin")}) {
        std::error_code ignored;
        if (!fs::is_regular_file(folder / name, ignored)) continue;
        machine_.programs.push_back(folder / name);
        break;
      }
  }

  const fs::path root_;
  NvidiaMachine machine_;
};

}  // namespace

NvidiaMachine discover_nvidia(const fs::path& root) {
  return Discovery(root).run();
}

std::string NvidiaMachine::identity() const {
  std::string text = driver + "\n";
  for (const Gpu& gpu : gpus) {
    text += gpu.index + " " + gpu.uuid;
    for (const std::string& node : gpu.nodes) text += " " + node;
    text += "\n";
  }
  for (const std::string& node : common_nodes) text += node + "\n";
  return text;
}

}  // namespace trainyard::engine::devices
