#include "engine/native/runtime_config.hpp"

#include <algorithm>

#include "engine/native/apt_config.hpp"
#include "engine/native/capabilities.hpp"
#include "engine/native/device_config.hpp"
#include "engine/native/seccomp.hpp"

namespace trainyard::engine::native {

namespace {

Json capabilities(const RuntimeConfigInput& input) {
  const bool build = input.spec.profile != Profile::training;
  const Json bounding = input.spec.privileged ? own_capabilities()
                        : build               ? build_capabilities()
                                              : Json::array();
  // Only root starts with them in effect; others reach them through set-uid programs, if at all.
  const Json effective = input.user.uid == 0 ? bounding : Json::array();
  return {{"bounding", bounding},
          {"effective", effective},
          {"permitted", effective},
          {"inheritable", Json::array()},
          {"ambient", Json::array()}};
}

std::vector<std::string> environment(const RuntimeConfigInput& input) {
  std::vector<std::string> list = input.spec.environment;
  const auto add_missing = [&](const std::string& name, const std::string& value) {
    for (const std::string& entry : list)
      if (entry.starts_with(name + "=")) return;
    list.push_back(name + "=" + value);
  };
  add_missing("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  add_missing("HOME", input.user.home);
  if (input.spec.terminal) add_missing("TERM", "xterm");
  if (apt_needs_telling(input.map, input.spec.profile)) add_missing("APT_CONFIG", k_apt_target);
  return list;
}

Json rlimit(const char* type, uint64_t value) {
  return {{"type", type}, {"hard", value}, {"soft", value}};
}

Json process(const RuntimeConfigInput& input) {
  Json user = {{"uid", input.user.uid}, {"gid", input.user.gid}};
  if (input.map != IdMap::Kind::single) {
    // The primary group too: else a program could drop it, and with it a "not this group" in a
    // file's mode (CVE-2022-36109).
    std::vector<gid_t> groups = input.user.groups;
    if (std::find(groups.begin(), groups.end(), input.user.gid) == groups.end())
      groups.insert(groups.begin(), input.user.gid);
    user["additionalGids"] = groups;
  }
  Json limits = Json::array({rlimit("RLIMIT_CORE", 0)});
  if (input.limit_processes_by_rlimit)
    limits.push_back(rlimit("RLIMIT_NPROC", input.spec.limits.pids));
  const bool no_new_privileges =
      !input.spec.privileged &&
      (input.spec.profile == Profile::training || input.map == IdMap::Kind::single);
  return {{"terminal", input.spec.terminal},
          {"user", user},
          {"args", input.argv},
          {"env", environment(input)},
          {"cwd", input.spec.working_directory},
          {"capabilities", capabilities(input)},
          {"rlimits", limits},
          {"noNewPrivileges", no_new_privileges}};
}

Json mount(const std::string& target, const char* type, const std::string& source,
           std::vector<std::string> options) {
  return {{"destination", target}, {"type", type}, {"source", source}, {"options", options}};
}

uint64_t shm_size(const RuntimeConfigInput& input) {
  if (input.spec.limits.shm_size) return *input.spec.limits.shm_size;
  constexpr uint64_t k_default = uint64_t{64} << 20;
  if (input.spec.profile != Profile::training) return k_default;
  const uint64_t memory = input.spec.limits.memory.value_or(input.machine_memory);
  return std::max(memory / 2, k_default);
}

Json system_mounts(const RuntimeConfigInput& input) {
  Json list = Json::array();
  list.push_back(mount("/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}));
  list.push_back(
      mount("/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}));
  std::vector<std::string> pts{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"};
  if (input.map != IdMap::Kind::single)
    pts.push_back("gid=5");  // group tty, which a single id has not
  list.push_back(mount("/dev/pts", "devpts", "devpts", pts));
  list.push_back(
      mount("/dev/shm", "tmpfs", "shm",
            {"nosuid", "noexec", "nodev", "mode=1777", "size=" + std::to_string(shm_size(input))}));
  list.push_back(mount("/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}));
  // A user namespace may mount a sysfs only for a network namespace that it owns, and runc only
  // knows the bind; as root a fresh one shows nothing of the machine's cgroups.
  if (input.map == IdMap::Kind::root) {
    list.push_back(mount("/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}));
  } else {
    list.push_back(
        mount("/sys", "none", "/sys", {"rbind", "nosuid", "noexec", "nodev", "ro", "rprivate"}));
    // "ro" does not reach what is mounted below: the caller's own cgroups would be writable.
    list.push_back(mount("/sys/fs/cgroup", "tmpfs", "tmpfs",
                         {"ro", "nosuid", "noexec", "nodev", "mode=755", "size=4k"}));
  }
  return list;
}

Json placed_mount(const PlacedMount& placed) {
  if (placed.mount.of_device)
    return mount(placed.target, placed.mount.kind == Mount::Kind::tmpfs ? "tmpfs" : "bind",
                 placed.mount.source.string(), placed.mount.options);
  const char* access = placed.mount.access == Mount::Access::read_only ? "ro" : "rw";
  if (placed.mount.kind == Mount::Kind::tmpfs) {
    std::vector<std::string> options{"nosuid", "nodev", "mode=1777", access};
    if (placed.mount.size > 0) options.push_back("size=" + std::to_string(placed.mount.size));
    return mount(placed.target, "tmpfs", "tmpfs", options);
  }
  std::vector<std::string> options{"rbind", "rprivate", access, "nosuid", "nodev"};
  return mount(placed.target, "bind", placed.mount.source.string(), options);
}

Json namespaces(const RuntimeConfigInput& input) {
  Json list = Json::array();
  for (const char* type : {"pid", "ipc", "uts", "mount", "cgroup"})
    list.push_back({{"type", type}});
  if (input.network_namespace)
    list.push_back({{"type", "network"}, {"path", *input.network_namespace}});
  else if (input.own_network)
    list.push_back({{"type", "network"}});
  return list;
}

void add_restrictions(Json& linux_part, IdMap::Kind map) {
  linux_part["seccomp"] = seccomp_profile(map);
  linux_part["maskedPaths"] = {
      "/proc/asound",     "/proc/acpi",        "/proc/interrupts",
      "/proc/kcore",      "/proc/keys",        "/proc/latency_stats",
      "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
      "/proc/scsi",       "/sys/firmware",     "/sys/devices/virtual/powercap"};
  linux_part["readonlyPaths"] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                                 "/proc/sysrq-trigger"};
}

}  // namespace

Json runtime_config(const RuntimeConfigInput& input) {
  Json mounts = system_mounts(input);
  for (const PlacedMount& placed : input.mounts) mounts.push_back(placed_mount(placed));
  Json linux_part = {{"namespaces", namespaces(input)}};
  if (!input.spec.privileged)
    add_restrictions(linux_part, input.map);
  else if (input.map == IdMap::Kind::single)
    linux_part["seccomp"] = seccomp_owner_profile();
  Json config = {{"ociVersion", "1.0.0"},
                 {"process", process(input)},
                 {"root", {{"path", input.root.string()}, {"readonly", false}}},
                 {"hostname", input.spec.hostname},
                 {"mounts", mounts},
                 {"linux", linux_part}};
  add_devices(config, input.spec.devices, input.map, input.user);
  return config;
}

}  // namespace trainyard::engine::native
