#include "engine/native/namespace_refusal.hpp"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <sstream>
#include <string>

#include "base/file.hpp"

namespace trainyard::engine::native {

namespace {

constexpr const char* k_user_limit = "user.max_user_namespaces";
constexpr const char* k_unprivileged = "kernel.unprivileged_userns_clone";
constexpr const char* k_apparmor = "kernel.apparmor_restrict_unprivileged_userns";

std::optional<int64_t> sysctl(std::string name) {
  for (char& c : name)
    if (c == '.') c = '/';
  std::optional<std::string> text;
  try {
    text = read_file_if_exists("/proc/sys/" + name);
  } catch (const Error&) {
    return std::nullopt;
  }
  int64_t value = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc())
    return std::nullopt;
  return value;
}

std::string set_sysctl(const std::string& name, int64_t value) {
  const std::string setting = name + "=" + std::to_string(value);
  return "sudo sysctl -w " + setting + "; to keep it: echo " + setting +
         " | sudo tee /etc/sysctl.d/60-trainyard.conf";
}

bool has_seccomp_filter() {
  const std::string status = read_file_if_exists("/proc/self/status").value_or("");
  return status.find("\nSeccomp:\t2") != std::string::npos;
}

/// The kernel refuses user namespaces to a process whose root folder is no mount point.
bool is_in_chroot() {
  std::istringstream lines(read_file_if_exists("/proc/self/mountinfo").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string id, parent, device, root, place;
    fields >> id >> parent >> device >> root >> place;
    if (place == "/") return false;
  }
  return true;
}

struct Refusal {
  std::string cause, hint;
};

constexpr int64_t k_usual_limit = 15000;

Refusal limit_reached(const NamespaceFacts& facts) {
  if (facts.kind != IdMap::Kind::root && facts.max_user_namespaces == 0)
    return {"user namespaces are switched off: user.max_user_namespaces is 0",
            set_sysctl(k_user_limit, k_usual_limit)};
  if (facts.max_pid_namespaces == 0)
    return {"PID namespaces are switched off: user.max_pid_namespaces is 0",
            set_sysctl("user.max_pid_namespaces", k_usual_limit)};
  if (facts.max_mnt_namespaces == 0)
    return {"mount namespaces are switched off: user.max_mnt_namespaces is 0",
            set_sysctl("user.max_mnt_namespaces", k_usual_limit)};
  return {
      "there are as many namespaces as user.max_user_namespaces, user.max_pid_namespaces and "
      "user.max_mnt_namespaces allow",
      "end what holds them (lsns lists them), or raise the limit: " +
          set_sysctl(k_user_limit,
                     2 * std::max(k_usual_limit, facts.max_user_namespaces.value_or(0)))};
}

Refusal refused_by_filter() {
  return {
      "a seccomp filter refuses new namespaces to this process, as Docker's own profile does "
      "inside its containers",
      "docker run --security-opt seccomp=unconfined --security-opt systempaths=unconfined …; "
      "for a systemd service: RestrictNamespaces=no"};
}

Refusal refused_to_root(const NamespaceFacts& facts) {
  if (facts.filtered) return refused_by_filter();
  return {"root lacks CAP_SYS_ADMIN here (inside another container?)",
          "docker run --cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt "
          "systempaths=unconfined …, or run the tool as an ordinary user"};
}

Refusal refused_to_user(const NamespaceFacts& facts) {
  if (facts.unprivileged_userns == 0)
    return {"user namespaces are for root alone: kernel.unprivileged_userns_clone is 0",
            set_sysctl(k_unprivileged, 1)};
  if (facts.apparmor_restricts.value_or(0) != 0)
    return {
        "AppArmor keeps user namespaces from ordinary users: "
        "kernel.apparmor_restrict_unprivileged_userns is 1",
        set_sysctl(k_apparmor, 0)};
  if (facts.filtered) return refused_by_filter();
  if (facts.in_chroot)
    return {"the kernel refuses user namespaces inside a chroot",
            "bind the folder to itself before entering it: mount --bind DIR DIR; or enter it with "
            "unshare --mount --root=DIR"};
  return {"the kernel refuses user namespaces to this user (a security module?)",
          "`sudo dmesg | tail` names what refused it; as root the tool needs none"};
}

Refusal explain(const NamespaceFacts& facts) {
  switch (facts.error_number) {
    case ENOSPC:
    case EUSERS:
      return limit_reached(facts);
    case EPERM:
    case EACCES:
      return facts.kind == IdMap::Kind::root ? refused_to_root(facts) : refused_to_user(facts);
    case ENOSYS:
      if (facts.filtered) return refused_by_filter();
      return {"this kernel is older than Linux 5.3 (it has no clone3)", "use a newer kernel"};
    case EINVAL:
      if (facts.kernel_has_user_namespaces) break;
      return {"this kernel has no user namespaces",
              "use a kernel with CONFIG_USER_NS=y, or run the tool as root"};
    default:
      break;
  }
  return {"", "`sudo dmesg | tail` may tell more"};
}

}  // namespace

NamespaceFacts namespace_facts(int error_number, IdMap::Kind kind) {
  NamespaceFacts facts;
  facts.error_number = error_number;
  facts.kind = kind;
  facts.max_user_namespaces = sysctl(k_user_limit);
  facts.max_pid_namespaces = sysctl("user.max_pid_namespaces");
  facts.max_mnt_namespaces = sysctl("user.max_mnt_namespaces");
  facts.unprivileged_userns = sysctl(k_unprivileged);
  facts.apparmor_restricts = sysctl(k_apparmor);
  facts.filtered = has_seccomp_filter();
  facts.kernel_has_user_namespaces = ::access("/proc/self/ns/user", F_OK) == 0;
  facts.in_chroot = is_in_chroot();
  return facts;
}

Error namespaces_refused(const NamespaceFacts& facts) {
  const Refusal refusal = explain(facts);
  const Error plain =
      system_error("making", "the namespaces of the native engine", facts.error_number);
  return Error(plain.action(), plain.subject(),
               refusal.cause.empty() ? plain.cause() : refusal.cause + " (" + plain.cause() + ")",
               refusal.hint);
}

std::string hint_for_namespace_without_rights(int error_number) {
  if (error_number != EACCES && error_number != EPERM) return "";
  if (sysctl(k_apparmor).value_or(0) == 0) return "";
  return "AppArmor gives no rights in user namespaces: " + set_sysctl(k_apparmor, 0);
}

}  // namespace trainyard::engine::native
