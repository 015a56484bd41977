#include "engine/native/seccomp.hpp"

#include <linux/sched.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <vector>

#include "engine/native/seccomp_calls.hpp"

namespace trainyard::engine::native {

namespace {

Json argument(unsigned index, uint64_t value, uint64_t value_two, const char* op) {
  return {{"index", index}, {"value", value}, {"valueTwo", value_two}, {"op", op}};
}

Json allow(const std::vector<std::string>& names, const Json& arguments = Json::array()) {
  Json rule = {{"names", names}, {"action", "SCMP_ACT_ALLOW"}};
  if (!arguments.empty()) rule["args"] = arguments;
  return rule;
}

Json refuse(const std::vector<std::string>& names, int number,
            const Json& arguments = Json::array()) {
  Json rule = {{"names", names}, {"action", "SCMP_ACT_ERRNO"}, {"errnoRet", number}};
  if (!arguments.empty()) rule["args"] = arguments;
  return rule;
}

/// No new user namespace: inside one, a process holds every capability, and with it most of the
/// kernel's attack surface. clone3 takes its flags from memory, which a filter cannot read.
void add_namespace_rules(Json& rules) {
  for (const char* call : {"clone", "unshare"}) {
    rules.push_back(
        allow({call}, Json::array({argument(0, CLONE_NEWUSER, 0, "SCMP_CMP_MASKED_EQ")})));
    rules.push_back(
        refuse({call}, EPERM,
               Json::array({argument(0, CLONE_NEWUSER, CLONE_NEWUSER, "SCMP_CMP_MASKED_EQ")})));
  }
  rules.push_back(refuse({"clone3"}, ENOSYS));
}

/// Linux, Linux32 and "tell me": other personalities revive old security holes.
void add_personality_rules(Json& rules) {
  for (const uint64_t value : {0x0ULL, 0x8ULL, 0x20000ULL, 0x20008ULL, 0xffffffffULL})
    rules.push_back(allow({"personality"}, Json::array({argument(0, value, 0, "SCMP_CMP_EQ")})));
}

/// No AF_ALG (38), the kernel's ciphers, which containers have no use for and CVE-2026-31431 wrote
/// through into files of others; no AF_VSOCK (40), which reaches the hypervisor and the host of a
/// virtual machine. The kernel takes the lower half of the argument, and the filter compares all of
/// it: "unequal 40" would let 40 + 2^32 through. So the six bits in which families differ are
/// compared, a mask and a value for each group of families without these two.
void add_socket_rules(Json& rules) {
  constexpr struct {
    uint64_t mask, value;
  } k_families[] = {{0x20, 0x00},   // 0 to 31
                    {0x30, 0x30},   // 48 to 63
                    {0x3c, 0x20},   // 32 to 35
                    {0x3e, 0x24},   // 36, 37
                    {0x3f, 0x27},   // 39
                    {0x3f, 0x29},   // 41
                    {0x3e, 0x2a},   // 42, 43
                    {0x3c, 0x2c}};  // 44 to 47
  for (const auto& [mask, value] : k_families)
    rules.push_back(
        allow({"socket"}, Json::array({argument(0, mask, value, "SCMP_CMP_MASKED_EQ")})));
}

void add_owner_rules(Json& rules, IdMap::Kind map) {
  if (map != IdMap::Kind::single) {
    rules.push_back(allow(seccomp_owner_calls()));
    rules.push_back(allow({"mknod", "mknodat"}));
    return;
  }
  rules.push_back(refuse(seccomp_owner_calls(), 0));
  const auto mode_rules = [&](const char* call, unsigned index) {
    const auto is = [&](uint64_t type) {
      return Json::array({argument(index, S_IFMT, type, "SCMP_CMP_MASKED_EQ")});
    };
    for (const uint64_t device : {S_IFCHR, S_IFBLK}) rules.push_back(refuse({call}, 0, is(device)));
    for (const uint64_t type : {0, S_IFIFO, S_IFREG, S_IFSOCK})
      rules.push_back(allow({call}, is(type)));
  };
  mode_rules("mknod", 1);
  mode_rules("mknodat", 2);
}

Json architectures() {
#if defined(__x86_64__)
  return {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86"};
#elif defined(__aarch64__)
  return {"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"};
#else
  return Json::array();  // the runtime takes the machine's own
#endif
}

}  // namespace

Json seccomp_owner_profile() {
  Json rules = Json::array();
  rules.push_back(refuse(seccomp_owner_calls(), 0));
  Json profile = {{"defaultAction", "SCMP_ACT_ALLOW"}, {"syscalls", rules}};
  if (Json list = architectures(); !list.empty()) profile["architectures"] = list;
  return profile;
}

Json seccomp_profile(IdMap::Kind map) {
  Json rules = Json::array();
  rules.push_back(allow(seccomp_allowed_calls()));
  rules.push_back(refuse(seccomp_refused_calls(), EPERM));
  add_socket_rules(rules);
  add_namespace_rules(rules);
  add_personality_rules(rules);
  add_owner_rules(rules, map);
  Json profile = {
      {"defaultAction", "SCMP_ACT_ERRNO"}, {"defaultErrnoRet", ENOSYS}, {"syscalls", rules}};
  if (Json list = architectures(); !list.empty()) profile["architectures"] = list;
  return profile;
}

}  // namespace trainyard::engine::native
