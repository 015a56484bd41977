// Makes system calls that a container must not be able to make, and says how each ended: "name
// errno". Static: it runs in an image that has nothing else. Without a filter it makes none of
// them: to root outside of a container they would unmount /proc and cover /tmp.
#include <fcntl.h>
#include <linux/audit.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace {

bool is_filtered() {
  return ::prctl(PR_GET_SECCOMP) == 2;
}

void report(const char* name, long result) {
  std::printf("%s %s\n", name, result < 0 ? strerrorname_np(errno) : "allowed");
}

template <typename... Arguments>
void call(const char* name, long number, Arguments... arguments) {
  report(name, ::syscall(number, arguments...));
}

/// The numbers of the families whose sockets the filter refuses; the kernel itself never says
/// ENOSYS there. It looks at the lower half of the argument only: `above` is for the other one.
void report_refused_families(const char* name, long above) {
  std::printf("%s ", name);
  const char* comma = "";
  for (long family = 0; family < 64; ++family) {
    const long fd = ::syscall(SYS_socket, family | above, SOCK_STREAM, 0);
    if (fd >= 0) ::close(static_cast<int>(fd));
    if (fd >= 0 || errno != ENOSYS) continue;
    std::printf("%s%ld", comma, family);
    comma = ",";
  }
  std::printf("\n");
}

/// As 32-bit programs call it, with that table's number. Without one in the kernel it is a signal.
void call_as_32_bit(const char* name, int number, int first, int second, int third) {
#ifdef __x86_64__
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    int result = number;
    asm volatile("int $0x80"
                 : "+a"(result)
                 : "b"(first), "c"(second), "d"(third)
                 : "memory", "r8", "r9", "r10", "r11");
    ::_exit(result < 0 ? -result : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  errno = WIFEXITED(status) ? WEXITSTATUS(status) : ENOSYS;
  report(name, errno != 0 ? -1 : 0);
#else
  (void)number, (void)first, (void)second, (void)third;
  errno = ENOSYS;
  report(name, -1);
#endif
}

}  // namespace

int main() {
  if (!is_filtered()) {
    std::puts("there is no seccomp filter: is this a container?");
    return 2;
  }
  std::printf("euid %u\n", ::geteuid());
  call("mount", SYS_mount, "none", "/tmp", "tmpfs", 0, nullptr);
  call("umount2", SYS_umount2, "/proc", MNT_DETACH);
  call("pivot_root", SYS_pivot_root, ".", ".");
  call("move_mount", SYS_move_mount, AT_FDCWD, "/proc", AT_FDCWD, "/tmp", 0);
  call("open_tree", SYS_open_tree, AT_FDCWD, "/", 1);
  call("fsopen", SYS_fsopen, "tmpfs", 0);
  call("mount_setattr", SYS_mount_setattr, AT_FDCWD, "/", 0, nullptr, 0);
  call("setns", SYS_setns, 0, 0);
  call("unshare_user", SYS_unshare, CLONE_NEWUSER);
  call("unshare_mount", SYS_unshare, CLONE_NEWNS);
  call("unshare_net", SYS_unshare, CLONE_NEWNET);
  call("clone3", SYS_clone3, nullptr, 0);
  call("bpf", SYS_bpf, 0, nullptr, 0);
  call("perf_event_open", SYS_perf_event_open, nullptr, 0, 0, 0, 0);
  call("userfaultfd", SYS_userfaultfd, 0);
  call("keyctl", SYS_keyctl, 0, 0);
  call("add_key", SYS_add_key, "user", "x", "y", 1, -1);
  call("request_key", SYS_request_key, "user", "x", nullptr, 0);
  call("io_uring_setup", SYS_io_uring_setup, 1, nullptr);
  call("init_module", SYS_init_module, nullptr, 0, "");
  call("finit_module", SYS_finit_module, 0, "", 0);
  call("delete_module", SYS_delete_module, "x", 0);
  call("kexec_load", SYS_kexec_load, 0, 0, nullptr, 0);
  call("reboot", SYS_reboot, 0, 0, 0, nullptr);
  call("swapon", SYS_swapon, "/x", 0);
  call("acct", SYS_acct, nullptr);
  call("quotactl", SYS_quotactl, 0, nullptr, 0, nullptr);
  call("open_by_handle_at", SYS_open_by_handle_at, 0, nullptr, 0);
  call("fanotify_init", SYS_fanotify_init, 0, 0);
  call("settimeofday", SYS_settimeofday, nullptr, nullptr);
  call("sethostname", SYS_sethostname, "x", 1);
  call("syslog", SYS_syslog, 3, nullptr, 0);
  call("personality", SYS_personality, ADDR_NO_RANDOMIZE);
  report_refused_families("families", 0);
  report_refused_families("families_above", 1L << 32);
  report_refused_families("families_far_above", 3L << 40);
  call_as_32_bit("alg32", 359, AF_ALG, SOCK_SEQPACKET, 0);
  call_as_32_bit("vsock32", 359, AF_VSOCK, SOCK_STREAM, 0);
  call("unknown", 9999);
#ifdef SYS_iopl
  call("iopl", SYS_iopl, 3);
#endif
  call("mknod", SYS_mknodat, AT_FDCWD, "/tmp/zero", S_IFCHR | 0666, makedev(1, 5));
  // With a single id the call succeeds without effect: what counts is whether there is a device.
  struct stat status {};
  report("device",
         ::stat("/tmp/zero", &status) == 0 && S_ISCHR(status.st_mode) ? 0 : (errno = ENOENT, -1));
}
