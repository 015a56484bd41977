#include "training/machine.hpp"

#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "base/file.hpp"

namespace trainyard::training {

namespace {

constexpr const char* k_nvidia = "/proc/driver/nvidia";

std::string stripped(const std::string& text, const char* more = "") {
  const std::string blank = std::string(" \t\r\n") + more;
  const size_t begin = text.find_first_not_of(blank);
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(blank) + 1 - begin);
}

/// What stands behind `name` and `separator` in the first such line of the file; empty without one.
std::string value_in(const fs::path& file, const std::string& name, char separator) {
  std::istringstream lines(read_file_if_exists(file).value_or(""));
  for (std::string line; std::getline(lines, line);) {
    const size_t at = line.find(separator);
    if (at != std::string::npos && stripped(line.substr(0, at)) == name)
      return stripped(line.substr(at + 1), "\"");
  }
  return {};
}

int usable_processors() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  return static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
}

Json nvidia_devices() {
  Json devices = Json::array();
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(fs::path(k_nvidia) / "gpus", none))
    if (const std::string model = value_in(entry.path() / "information", "Model", ':');
        !model.empty())
      devices.push_back(model);
  std::sort(devices.begin(), devices.end());
  return devices;
}

}  // namespace

Json describe_machine() {
  utsname system{};
  ::uname(&system);
  Json machine = {{"architecture", system.machine},
                  {"kernel", std::string(system.sysname) + " " + system.release},
                  {"processors", usable_processors()}};
  if (const auto model = value_in("/proc/cpuinfo", "model name", ':'); !model.empty())
    machine["processor"] = model;
  if (const auto os = value_in("/etc/os-release", "PRETTY_NAME", '='); !os.empty())
    machine["system"] = os;
  const long pages = ::sysconf(_SC_PHYS_PAGES), size = ::sysconf(_SC_PAGESIZE);
  if (pages > 0 && size > 0)
    machine["memory"] = static_cast<uint64_t>(pages) * static_cast<uint64_t>(size);
  if (Json devices = nvidia_devices(); !devices.empty()) {
    machine["gpus"] = std::move(devices);
    if (const auto driver = value_in(fs::path(k_nvidia) / "version", "NVRM version", ':');
        !driver.empty())
      machine["gpu_driver"] = driver;
  }
  return machine;
}

}  // namespace trainyard::training
