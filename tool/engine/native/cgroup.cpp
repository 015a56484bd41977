#include "engine/native/cgroup.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <sstream>

#include "base/error.hpp"
#include "base/folder_listing.hpp"
#include "base/process.hpp"

namespace trainyard::engine::native {

namespace {

constexpr std::string_view k_prefix = "trainyard-";

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);)
    if (!part.empty()) parts.push_back(part);
  return parts;
}

/// Returns 0 or errno. Cgroup files want one write.
int write_value(const fs::path& file, const std::string& value) {
  const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return errno;
  return ::write(fd.get(), value.data(), value.size()) < 0 ? errno : 0;
}

std::string read_value(const fs::path& file) {
  try {
    return read_file_if_exists(file).value_or("");
  } catch (const Error&) {
    return "";
  }
}

uint64_t number_in(const std::string& text) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// The number after `name` in lines of "name number".
uint64_t field(const std::string& text, const std::string& name) {
  for (const std::string& line : split(text, '\n'))
    if (line.starts_with(name + " ")) return number_in(line.substr(name.size() + 1));
  return 0;
}

bool has(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

/// Whether ours can be in it.
bool is_used(const CgroupHierarchy& hierarchy) {
  const std::vector<std::string>& names = hierarchy.controllers;
  return has(names, "memory") || has(names, "pids") || has(names, "cpu");
}

}  // namespace

std::vector<CgroupHierarchy> parse_hierarchies(const std::string& cgroup,
                                               const std::string& mountinfo) {
  std::vector<CgroupHierarchy> list;
  for (const std::string& line : split(mountinfo, '\n')) {
    const std::vector<std::string> words = split(line, ' ');
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 7 || words.end() - dash < 4) continue;
    const std::string& type = dash[1];
    if (type != "cgroup" && type != "cgroup2") continue;
    const std::string& root = words[3];
    CgroupHierarchy hierarchy;
    hierarchy.mount = words[4];
    hierarchy.unified = type == "cgroup2";
    if (!hierarchy.unified) hierarchy.controllers = split(dash[3], ',');
    for (const std::string& entry : split(cgroup, '\n')) {
      const size_t first = entry.find(':');
      const size_t second = entry.find(':', first + 1);
      if (second == std::string::npos) continue;
      const std::vector<std::string> names =
          split(entry.substr(first + 1, second - first - 1), ',');
      const bool matches = hierarchy.unified
                               ? names.empty()
                               : !names.empty() && has(hierarchy.controllers, names[0]);
      if (!matches) continue;
      std::string own = entry.substr(second + 1);
      // In a container only a part of the tree is mounted, and `own` counts from the tree's real
      // root.
      if (root != "/" && own.starts_with(root)) own = own.substr(root.size());
      hierarchy.own = own.empty() || own == "/"
                          ? hierarchy.mount
                          : hierarchy.mount / own.substr(own.starts_with("/") ? 1 : 0);
    }
    if (!hierarchy.own.empty()) list.push_back(std::move(hierarchy));
  }
  return list;
}

namespace {
std::vector<CgroupHierarchy> find_own_hierarchies() {
  std::vector<CgroupHierarchy> list =
      parse_hierarchies(read_value("/proc/self/cgroup"), read_value("/proc/self/mountinfo"));
  for (CgroupHierarchy& hierarchy : list)
    if (hierarchy.unified) {
      std::string text = read_value(hierarchy.own / "cgroup.controllers");
      std::replace(text.begin(), text.end(), '\n', ' ');
      hierarchy.controllers = split(text, ' ');
    }
  return list;
}
}  // namespace

const std::vector<fs::path>& cgroup_mount_points() {
  static const std::vector<fs::path> points = [] {
    std::vector<fs::path> found;
    for (const std::string& line : split(read_value("/proc/self/mountinfo"), '\n')) {
      const std::vector<std::string> words = split(line, ' ');
      if (words.size() > 4 && line.find(" - cgroup") != std::string::npos)
        found.emplace_back(words[4]);
    }
    return found;
  }();
  return points;
}

const std::vector<CgroupHierarchy>& own_hierarchies() {
  static const std::vector<CgroupHierarchy> list = find_own_hierarchies();
  return list;
}

namespace {
std::string own_membership() {
  return read_value("/proc/self/cgroup");
}
}  // namespace

void open_way_into_cgroups() {
  // Who was moved since (into a limit, say) must not be taken back.
  static const std::string first = own_membership();
  own_hierarchies();
  if (own_membership() != first) return;
  for (const CgroupHierarchy& hierarchy : own_hierarchies())
    if (is_used(hierarchy) && write_value(hierarchy.own / "cgroup.procs", "0") == 0) return;
}

Cgroup::Cgroup(const std::string& owner, const Limits& limits)
    : name_(owner + "-" + random_name(8)), limits_(limits), hierarchies_(own_hierarchies()) {
  memory_ = make("memory", limits.memory.has_value());
  if (memory_ && limits.memory) {
    const std::string bytes = std::to_string(*limits.memory);
    set("memory limit",
        memory_->folder / (memory_->unified ? "memory.max" : "memory.limit_in_bytes"), bytes);
    // Swap would turn the limit into a slow machine instead of a clear end. Absent without swap
    // accounting.
    write_value(
        memory_->folder / (memory_->unified ? "memory.swap.max" : "memory.memsw.limit_in_bytes"),
        memory_->unified ? "0" : bytes);
  }
  pids_ = make("pids", false);
  if (limits.cpus) cpu_ = make("cpu", true);
  if (cpu_) {
    constexpr uint64_t k_period = 100'000;  // microseconds, the kernel's default
    const std::string quota =
        std::to_string(std::max<uint64_t>(1000, static_cast<uint64_t>(*limits.cpus * k_period)));
    if (cpu_->unified)
      set("CPU limit", cpu_->folder / "cpu.max", quota + " " + std::to_string(k_period));
    else
      set("CPU limit", cpu_->folder / "cpu.cfs_quota_us", quota);
  }
}

Cgroup::~Cgroup() {
  remove();
}

std::optional<Cgroup::Place> Cgroup::make(const std::string& controller, bool wanted) {
  std::string why = "this machine has no " + controller + " cgroup controller";
  for (const CgroupHierarchy& hierarchy : hierarchies_) {
    if (!has(hierarchy.controllers, controller)) continue;
    if (hierarchy.unified) {
      if (auto place = make_unified(hierarchy, controller, why)) return place;
      continue;
    }
    const Place place{hierarchy.own / name_, false};
    if (::mkdir(place.folder.c_str(), 0755) == 0) {
      folders_.push_back(place.folder);
      entrances_.push_back(place.folder / "cgroup.procs");
      return place;
    }
    if (errno == EEXIST) return place;  // controllers that share a mount
    why = "cannot make a cgroup below " + hierarchy.own.string() + ": " + std::strerror(errno);
  }
  if (wanted)
    warnings_.push_back("the " + controller + " limit is not in effect: " + why +
                        "; `trainyard doctor` tells how to mend it");
  return std::nullopt;
}

/// v2 lets no cgroup hold both processes and controlled children. So the container's cgroup is a
/// child of the caller's own only where that is the root or allows it, and else its sibling, below
/// the same parent.
std::optional<Cgroup::Place> Cgroup::make_unified(const CgroupHierarchy& hierarchy,
                                                  const std::string& controller, std::string& why) {
  std::vector<fs::path> parents{hierarchy.own};
  if (hierarchy.own != hierarchy.mount) parents.push_back(hierarchy.own.parent_path());
  for (const fs::path& parent : parents) {
    std::string enabled = read_value(parent / "cgroup.subtree_control");
    std::replace(enabled.begin(), enabled.end(), '\n', ' ');
    if (!has(split(enabled, ' '), controller)) {
      const int number = write_value(parent / "cgroup.subtree_control", "+" + controller);
      if (number != 0) {
        why = "cannot enable it in " + parent.string() + ": " + std::strerror(number);
        continue;
      }
    }
    const Place place{parent / name_, true};
    if (::mkdir(place.folder.c_str(), 0755) != 0 && errno != EEXIST) {
      why = "cannot make a cgroup below " + parent.string() + ": " + std::strerror(errno);
      continue;
    }
    if (std::find(folders_.begin(), folders_.end(), place.folder) == folders_.end()) {
      folders_.push_back(place.folder);
      entrances_.push_back(place.folder / "cgroup.procs");
    }
    return place;
  }
  return std::nullopt;
}

bool Cgroup::set(const std::string& what, const fs::path& file, const std::string& value) {
  const int number = write_value(file, value);
  if (number != 0)
    warnings_.push_back("the " + what + " is not in effect: writing " + file.string() + ": " +
                        std::strerror(number));
  return number == 0;
}

void Cgroup::deny(const std::vector<DeviceDenial>& denials) {
  if (denials.empty()) return;
  const auto place = make("devices", true);
  for (const DeviceDenial& denial : denials)
    if (place)
      set("limit of what may be done with a device", place->folder / "devices.deny",
          denial.type + " " + std::to_string(denial.major) + ":" + std::to_string(denial.minor) +
              " " + denial.access);
}

void Cgroup::set_process_limit() {
  if (pids_) set("process limit", pids_->folder / "pids.max", std::to_string(limits_.pids));
}

bool Cgroup::out_of_memory() const {
  if (!memory_) return false;
  const std::string text =
      read_value(memory_->folder / (memory_->unified ? "memory.events" : "memory.oom_control"));
  return field(text, "oom_kill") > 0;
}

uint64_t Cgroup::peak_memory() const {
  if (!memory_) return 0;
  return number_in(read_value(memory_->folder /
                              (memory_->unified ? "memory.peak" : "memory.max_usage_in_bytes")));
}

void Cgroup::remove() {
  for (const fs::path& folder : folders_)
    // The last process may still be on its way out of the kernel.
    for (int attempt = 0; attempt < 50 && ::rmdir(folder.c_str()) != 0 && errno == EBUSY; ++attempt)
      ::usleep(2000);
  folders_.clear();
}

std::string cgroup_owner_name() {
  const ProcessIdentity own = own_identity();
  return std::string(k_prefix) + own.boot_id + "-" + std::to_string(pid_namespace()) + "-" +
         std::to_string(own.pid) + "-" + std::to_string(own.start_time);
}

bool is_abandoned_cgroup(const std::string& name) {
  constexpr size_t k_boot_id = 36;
  if (!name.starts_with(k_prefix) || name.size() < k_prefix.size() + k_boot_id + 1) return false;
  const std::string rest = name.substr(k_prefix.size());
  const std::vector<std::string> parts = split(rest.substr(k_boot_id + 1), '-');
  if (parts.size() != 4) return false;
  const ProcessIdentity owner{rest.substr(0, k_boot_id), static_cast<pid_t>(number_in(parts[1])),
                              number_in(parts[2])};
  if (owner.boot_id != boot_id()) return true;
  return number_in(parts[0]) == pid_namespace() && !owner.alive();
}

void sweep_cgroups() {
  for (const CgroupHierarchy& hierarchy : own_hierarchies()) {
    if (!hierarchy.unified && !is_used(hierarchy)) continue;
    std::vector<fs::path> parents{hierarchy.own};
    if (hierarchy.unified && hierarchy.own != hierarchy.mount)
      parents.push_back(hierarchy.own.parent_path());
    for (const fs::path& parent : parents) {
      std::error_code ignored;
      for (const auto& entry : entries_of(parent, ignored))
        if (is_abandoned_cgroup(entry.path().filename())) ::rmdir(entry.path().c_str());
    }
  }
}

}  // namespace trainyard::engine::native
