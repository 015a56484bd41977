#include "engine/native/namespace_refusal.hpp"

#include <boost/test/unit_test.hpp>
#include <cerrno>

using namespace trainyard;
using namespace trainyard::engine::native;

namespace {

NamespaceFacts facts(int error_number) {
  NamespaceFacts all;
  all.error_number = error_number;
  all.max_user_namespaces = all.max_pid_namespaces = all.max_mnt_namespaces = 15000;
  return all;
}

/// The whole message, to the letter.
void check(const NamespaceFacts& of, const std::string& cause, const std::string& hint) {
  const Error error = namespaces_refused(of);
  BOOST_TEST(error.render() == "trainyard: error: making the namespaces of the native engine: " +
                                   cause + "\nhint: " + hint + "\n");
  BOOST_TEST(static_cast<int>(error.code()) == 3);
}

}  // namespace

BOOST_AUTO_TEST_CASE(user_namespaces_that_are_counted_out) {
  NamespaceFacts none = facts(ENOSPC);
  none.max_user_namespaces = 0;
  check(none,
        "user namespaces are switched off: user.max_user_namespaces is 0 (No space left on device)",
        "sudo sysctl -w user.max_user_namespaces=15000; to keep it: echo "
        "user.max_user_namespaces=15000 | sudo tee /etc/sysctl.d/60-trainyard.conf");
  check(
      facts(ENOSPC),
      "there are as many namespaces as user.max_user_namespaces, user.max_pid_namespaces and "
      "user.max_mnt_namespaces allow (No space left on device)",
      "end what holds them (lsns lists them), or raise the limit: sudo sysctl -w "
      "user.max_user_namespaces=30000; to keep it: echo user.max_user_namespaces=30000 | sudo tee "
      "/etc/sysctl.d/60-trainyard.conf");
}

BOOST_AUTO_TEST_CASE(other_namespaces_that_are_counted_out) {
  NamespaceFacts none = facts(ENOSPC);
  none.kind = IdMap::Kind::root;
  none.max_pid_namespaces = 0;
  check(none,
        "PID namespaces are switched off: user.max_pid_namespaces is 0 (No space left on device)",
        "sudo sysctl -w user.max_pid_namespaces=15000; to keep it: echo "
        "user.max_pid_namespaces=15000 | sudo tee /etc/sysctl.d/60-trainyard.conf");
}

BOOST_AUTO_TEST_CASE(debians_switch) {
  NamespaceFacts off = facts(EPERM);
  off.unprivileged_userns = 0;
  check(off,
        "user namespaces are for root alone: kernel.unprivileged_userns_clone is 0 (Operation not "
        "permitted)",
        "sudo sysctl -w kernel.unprivileged_userns_clone=1; to keep it: echo "
        "kernel.unprivileged_userns_clone=1 | sudo tee /etc/sysctl.d/60-trainyard.conf");
}

BOOST_AUTO_TEST_CASE(ubuntus_apparmor) {
  NamespaceFacts restricted = facts(EACCES);
  restricted.apparmor_restricts = 1;
  check(restricted,
        "AppArmor keeps user namespaces from ordinary users: "
        "kernel.apparmor_restrict_unprivileged_userns is 1 (Permission denied)",
        "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0; to keep it: echo "
        "kernel.apparmor_restrict_unprivileged_userns=0 | sudo tee "
        "/etc/sysctl.d/60-trainyard.conf");
}

BOOST_AUTO_TEST_CASE(a_container_around_it) {
  const std::string docker =
      "docker run --security-opt seccomp=unconfined --security-opt systempaths=unconfined …; for a "
      "systemd service: RestrictNamespaces=no";
  const std::string filter =
      "a seccomp filter refuses new namespaces to this process, as Docker's own profile does "
      "inside "
      "its containers ";
  for (const IdMap::Kind kind : {IdMap::Kind::root, IdMap::Kind::full, IdMap::Kind::single}) {
    NamespaceFacts filtered = facts(EPERM);
    filtered.kind = kind;
    filtered.filtered = true;
    check(filtered, filter + "(Operation not permitted)", docker);
    filtered.error_number = ENOSYS;
    check(filtered, filter + "(Function not implemented)", docker);
  }
  NamespaceFacts root = facts(EPERM);
  root.kind = IdMap::Kind::root;
  check(root, "root lacks CAP_SYS_ADMIN here (inside another container?) (Operation not permitted)",
        "docker run --cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt "
        "systempaths=unconfined …, or run the tool as an ordinary user");
}

BOOST_AUTO_TEST_CASE(a_chroot_and_a_kernel_without) {
  NamespaceFacts chrooted = facts(EPERM);
  chrooted.in_chroot = true;
  check(chrooted, "the kernel refuses user namespaces inside a chroot (Operation not permitted)",
        "bind the folder to itself before entering it: mount --bind DIR DIR; or enter it with "
        "unshare --mount --root=DIR");
  NamespaceFacts without = facts(EINVAL);
  without.kernel_has_user_namespaces = false;
  check(without, "this kernel has no user namespaces (Invalid argument)",
        "use a kernel with CONFIG_USER_NS=y, or run the tool as root");
  check(facts(ENOSYS),
        "this kernel is older than Linux 5.3 (it has no clone3) (Function not "
        "implemented)",
        "use a newer kernel");
}
