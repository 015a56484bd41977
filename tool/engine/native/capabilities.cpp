#include "engine/native/capabilities.hpp"

#include <array>
#include <sstream>

#include "base/file.hpp"

namespace trainyard::engine::native {

namespace {

/// By number (linux/capability.h).
constexpr std::array<const char*, 41> k_names{"CHOWN",
                                              "DAC_OVERRIDE",
                                              "DAC_READ_SEARCH",
                                              "FOWNER",
                                              "FSETID",
                                              "KILL",
                                              "SETGID",
                                              "SETUID",
                                              "SETPCAP",
                                              "LINUX_IMMUTABLE",
                                              "NET_BIND_SERVICE",
                                              "NET_BROADCAST",
                                              "NET_ADMIN",
                                              "NET_RAW",
                                              "IPC_LOCK",
                                              "IPC_OWNER",
                                              "SYS_MODULE",
                                              "SYS_RAWIO",
                                              "SYS_CHROOT",
                                              "SYS_PTRACE",
                                              "SYS_PACCT",
                                              "SYS_ADMIN",
                                              "SYS_BOOT",
                                              "SYS_NICE",
                                              "SYS_RESOURCE",
                                              "SYS_TIME",
                                              "SYS_TTY_CONFIG",
                                              "MKNOD",
                                              "LEASE",
                                              "AUDIT_WRITE",
                                              "AUDIT_CONTROL",
                                              "SETFCAP",
                                              "MAC_OVERRIDE",
                                              "MAC_ADMIN",
                                              "SYSLOG",
                                              "WAKE_ALARM",
                                              "BLOCK_SUSPEND",
                                              "AUDIT_READ",
                                              "PERFMON",
                                              "BPF",
                                              "CHECKPOINT_RESTORE"};

uint64_t permitted() {
  std::istringstream lines(read_file("/proc/self/status"));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("CapPrm:")) return std::stoull(line.substr(7), nullptr, 16);
  return 0;
}

}  // namespace

Json build_capabilities() {
  Json names = Json::array();
  for (const char* name : {"CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE",
                           "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"})
    names.push_back(std::string("CAP_") + name);
  return names;
}

Json own_capabilities() {
  const uint64_t set = permitted();
  Json names = Json::array();
  for (size_t i = 0; i < k_names.size(); ++i)
    if ((set >> i & 1) != 0) names.push_back(std::string("CAP_") + k_names[i]);
  return names;
}

}  // namespace trainyard::engine::native
