#pragma once

#include <cstdint>
#include <optional>

#include "base/error.hpp"
#include "engine/native/id_map.hpp"

namespace trainyard::engine::native {

/// What decides whether a process may make namespaces: read where it was refused to us.
struct NamespaceFacts {
  int error_number = 0;  ///< of the call that made them
  IdMap::Kind kind = IdMap::Kind::single;
  // Settings; empty where the kernel has no such thing.
  std::optional<int64_t> max_user_namespaces;  ///< sysctl user.max_user_namespaces
  std::optional<int64_t> max_pid_namespaces;   ///< sysctl user.max_pid_namespaces
  std::optional<int64_t> max_mnt_namespaces;   ///< sysctl user.max_mnt_namespaces
  std::optional<int64_t> unprivileged_userns;  ///< sysctl kernel.unprivileged_userns_clone
  std::optional<int64_t> apparmor_restricts;   ///< kernel.apparmor_restrict_unprivileged_userns
  bool filtered = false;                       ///< a seccomp filter is in effect
  bool kernel_has_user_namespaces = true;
  bool in_chroot = false;
};

/// Reads them for this process.
NamespaceFacts namespace_facts(int error_number, IdMap::Kind kind);

/// Which of them it was, with the very command that mends it.
Error namespaces_refused(const NamespaceFacts& facts);

/// In a user namespace that was made but gives no rights, as AppArmor does it: the hint for the
/// first mount that fails there; empty when that is not it.
std::string hint_for_namespace_without_rights(int error_number);

}  // namespace trainyard::engine::native
