#include "engine/native/seccomp_calls.hpp"

namespace trainyard::engine::native {

const std::vector<std::string>& seccomp_allowed_calls() {
  static const std::vector<std::string> calls = {
      // files: open, read, write, move
      "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2",
      "pwritev2", "open", "openat", "openat2", "creat", "close", "close_range", "lseek", "_llseek",
      "dup", "dup2", "dup3", "fcntl", "fcntl64", "flock", "ioctl", "fsync", "fdatasync", "sync",
      "syncfs", "sync_file_range", "sync_file_range2", "arm_sync_file_range", "truncate",
      "truncate64", "ftruncate", "ftruncate64", "fallocate", "fadvise64", "fadvise64_64",
      "arm_fadvise64_64", "readahead", "sendfile", "sendfile64", "splice", "tee", "vmsplice",
      "copy_file_range", "rename", "renameat", "renameat2", "link", "linkat", "symlink",
      "symlinkat", "unlink", "unlinkat", "readlink", "readlinkat", "mkdir", "mkdirat", "rmdir",
      "getdents", "getdents64", "chdir", "fchdir", "getcwd", "chroot", "umask", "cachestat",
      // files: what is known about them
      "stat", "stat64", "lstat", "lstat64", "fstat", "fstat64", "fstatat64", "newfstatat",
      "oldstat", "oldlstat", "oldfstat", "statx", "statfs", "statfs64", "fstatfs", "fstatfs64",
      "ustat", "access", "faccessat", "faccessat2", "chmod", "fchmod", "fchmodat", "fchmodat2",
      "utime", "utimes", "futimesat", "utimensat", "utimensat_time64", "getxattr", "lgetxattr",
      "fgetxattr", "setxattr", "lsetxattr", "fsetxattr", "listxattr", "llistxattr", "flistxattr",
      "removexattr", "lremovexattr", "fremovexattr", "getxattrat", "setxattrat", "listxattrat",
      "removexattrat", "name_to_handle_at", "inotify_init", "inotify_init1", "inotify_add_watch",
      "inotify_rm_watch", "fanotify_mark",
      // waiting for many things
      "select", "_newselect", "pselect6", "pselect6_time64", "poll", "ppoll", "ppoll_time64",
      "epoll_create", "epoll_create1", "epoll_ctl", "epoll_ctl_old", "epoll_wait", "epoll_wait_old",
      "epoll_pwait", "epoll_pwait2", "eventfd", "eventfd2", "signalfd", "signalfd4",
      "timerfd_create", "timerfd_settime", "timerfd_settime64", "timerfd_gettime",
      "timerfd_gettime64", "io_setup", "io_destroy", "io_submit", "io_cancel", "io_getevents",
      "io_pgetevents", "io_pgetevents_time64",
      // memory
      "brk", "mmap", "mmap2", "munmap", "mremap", "mprotect", "madvise", "process_madvise",
      "process_mrelease", "mincore", "msync", "mlock", "mlock2", "mlockall", "munlock",
      "munlockall", "mseal", "map_shadow_stack", "memfd_create", "memfd_secret", "remap_file_pages",
      "membarrier", "pkey_alloc", "pkey_free", "pkey_mprotect", "get_mempolicy", "set_mempolicy",
      "set_mempolicy_home_node", "mbind", "shmget", "shmat", "shmctl", "shmdt",
      // processes and threads
      "fork", "vfork", "execve", "execveat", "exit", "exit_group", "wait4", "waitid", "waitpid",
      "getpid", "getppid", "gettid", "getpgid", "getpgrp", "setpgid", "getsid", "setsid",
      "pidfd_open", "pidfd_send_signal", "pidfd_getfd", "ptrace", "process_vm_readv",
      "process_vm_writev", "kcmp", "prctl", "arch_prctl", "set_tid_address", "set_robust_list",
      "get_robust_list", "set_thread_area", "get_thread_area", "modify_ldt", "rseq", "futex",
      "futex_time64", "futex_waitv", "futex_wait", "futex_wake", "futex_requeue", "getcpu",
      "capget", "capset", "seccomp", "landlock_create_ruleset", "landlock_add_rule",
      "landlock_restrict_self", "restart_syscall", "cacheflush", "set_tls", "breakpoint",
      // ids, read only; those that change them are in seccomp_owner_calls
      "getuid", "getuid32", "geteuid", "geteuid32", "getgid", "getgid32", "getegid", "getegid32",
      "getresuid", "getresuid32", "getresgid", "getresgid32", "getgroups", "getgroups32",
      // scheduling and limits
      "sched_yield", "sched_getaffinity", "sched_setaffinity", "sched_getattr", "sched_setattr",
      "sched_getparam", "sched_setparam", "sched_getscheduler", "sched_setscheduler",
      "sched_get_priority_max", "sched_get_priority_min", "sched_rr_get_interval",
      "sched_rr_get_interval_time64", "getpriority", "setpriority", "nice", "ioprio_get",
      "ioprio_set", "getrlimit", "ugetrlimit", "setrlimit", "prlimit64", "getrusage", "times",
      "sysinfo",
      // signals
      "kill", "tkill", "tgkill", "rt_sigaction", "rt_sigprocmask", "rt_sigpending",
      "rt_sigqueueinfo", "rt_tgsigqueueinfo", "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait",
      "rt_sigtimedwait_time64", "sigaltstack", "sigaction", "sigprocmask", "sigpending",
      "sigreturn", "sigsuspend", "signal", "pause", "alarm",
      // time
      "time", "gettimeofday", "clock_gettime", "clock_gettime64", "clock_getres",
      "clock_getres_time64", "clock_nanosleep", "clock_nanosleep_time64", "nanosleep", "getitimer",
      "setitimer", "timer_create", "timer_delete", "timer_getoverrun", "timer_gettime",
      "timer_gettime64", "timer_settime", "timer_settime64", "adjtimex", "clock_adjtime",
      "clock_adjtime64",
      // network and messages
      "socketpair", "socketcall", "bind", "connect", "listen", "accept", "accept4", "getsockname",
      "getpeername", "getsockopt", "setsockopt", "shutdown", "send", "sendto", "sendmsg",
      "sendmmsg", "recv", "recvfrom", "recvmsg", "recvmmsg", "recvmmsg_time64", "pipe", "pipe2",
      "ipc", "msgctl", "msgget", "msgrcv", "msgsnd", "semctl", "semget", "semop", "semtimedop",
      "semtimedop_time64", "mq_open", "mq_unlink", "mq_notify", "mq_getsetattr", "mq_timedreceive",
      "mq_timedreceive_time64", "mq_timedsend", "mq_timedsend_time64",
      // the system
      "uname", "olduname", "oldolduname", "getrandom", "readdir"};
  return calls;
}

const std::vector<std::string>& seccomp_refused_calls() {
  static const std::vector<std::string> calls = {"mount",
                                                 "umount",
                                                 "umount2",
                                                 "pivot_root",
                                                 "move_mount",
                                                 "open_tree",
                                                 "fsopen",
                                                 "fsconfig",
                                                 "fsmount",
                                                 "fspick",
                                                 "mount_setattr",
                                                 "statmount",
                                                 "listmount",
                                                 "setns",
                                                 "bpf",
                                                 "perf_event_open",
                                                 "keyctl",
                                                 "add_key",
                                                 "request_key",
                                                 "userfaultfd",
                                                 "init_module",
                                                 "finit_module",
                                                 "delete_module",
                                                 "create_module",
                                                 "query_module",
                                                 "get_kernel_syms",
                                                 "kexec_load",
                                                 "kexec_file_load",
                                                 "reboot",
                                                 "swapon",
                                                 "swapoff",
                                                 "acct",
                                                 "quotactl",
                                                 "quotactl_fd",
                                                 "nfsservctl",
                                                 "open_by_handle_at",
                                                 "fanotify_init",
                                                 "iopl",
                                                 "ioperm",
                                                 "settimeofday",
                                                 "stime",
                                                 "clock_settime",
                                                 "clock_settime64",
                                                 "sethostname",
                                                 "setdomainname",
                                                 "syslog",
                                                 "vhangup",
                                                 "lookup_dcookie",
                                                 "move_pages",
                                                 "migrate_pages",
                                                 "_sysctl",
                                                 "sysfs",
                                                 "uselib"};
  return calls;
}

const std::vector<std::string>& seccomp_owner_calls() {
  static const std::vector<std::string> calls = {
      "chown",      "chown32",     "fchown",     "fchown32",    "fchownat",
      "lchown",     "lchown32",    "setuid",     "setuid32",    "setgid",
      "setgid32",   "setreuid",    "setreuid32", "setregid",    "setregid32",
      "setresuid",  "setresuid32", "setresgid",  "setresgid32", "setfsuid",
      "setfsuid32", "setfsgid",    "setfsgid32", "setgroups",   "setgroups32"};
  return calls;
}

}  // namespace trainyard::engine::native
