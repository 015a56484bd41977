#include "engine/native/runtime.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <utility>

#include "base/error.hpp"
#include "base/process.hpp"
#include "engine/native/cgroup.hpp"
#include "engine/native/terminal.hpp"

namespace trainyard::engine::native {

namespace {

/// runc insists on cgroups of its own wherever it can write, and leaves them behind when it is
/// killed. As "rootless" with nothing to write it stays in ours.
void make_cgroups_read_only() {
  for (const fs::path& path : cgroup_mount_points()) {
    struct statvfs info {};
    unsigned long kept = 0;
    if (::statvfs(path.c_str(), &info) == 0) {
      if ((info.f_flag & ST_NOSUID) != 0) kept |= MS_NOSUID;
      if ((info.f_flag & ST_NODEV) != 0) kept |= MS_NODEV;
      if ((info.f_flag & ST_NOEXEC) != 0) kept |= MS_NOEXEC;
      if ((info.f_flag & ST_NOATIME) != 0) kept |= MS_NOATIME;
      if ((info.f_flag & ST_RELATIME) != 0) kept |= MS_RELATIME;
    }
    ::mount(nullptr, path.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | kept, nullptr);
  }
}

/// crun 1.8 refuses a machine with v1 and v2 hierarchies while a controller is visible in the v2
/// one.
void hide_unified_hierarchy() {
  for (const fs::path& path : cgroup_mount_points())
    if (path.filename() == "unified") ::mount("none", path.c_str(), "tmpfs", MS_RDONLY, "size=4k");
}

std::vector<std::string> command_line(const Runtime& runtime, const RuntimeStart& start,
                                      const fs::path& log, const fs::path& pid_file) {
  std::vector<std::string> argv{runtime.path.string(), "--root", start.state.string(), "--log",
                                log.string()};
  if (runtime.kind == Runtime::Kind::crun) argv.push_back("--cgroup-manager=disabled");
  if (runtime.kind == Runtime::Kind::runc) argv.push_back("--rootless=true");
  argv.insert(argv.end(), {"run", "--detach", "--pid-file", pid_file.string(), "--bundle",
                           start.bundle.string()});
  if (start.terminal) argv.insert(argv.end(), {"--console-socket", ConsoleSocket::k_name});
  argv.push_back("container");
  return argv;
}

/// Ends the runtime's process before it is one; the reason goes where the runtime's own would.
[[noreturn]] void give_up(const RuntimeStart& start, const std::string& action) {
  const std::string text = action + ": " + std::strerror(errno) + "\n";
  const UniqueFd log(
      ::open((start.state / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  const ssize_t ignored = ::write(log.get(), text.data(), text.size());
  (void)ignored;
  ::_exit(125);
}

/// The runtime's process between fork and exec. This process is single-threaded, so it may
/// allocate.
[[noreturn]] void run_runtime_child(const Runtime& runtime, const RuntimeStart& start,
                                    const std::vector<std::string>& argv, int go) {
  for (const fs::path& entrance : start.cgroup_entrances) {
    const UniqueFd fd(::open(entrance.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd || ::write(fd.get(), "0", 1) != 1)
      give_up(start, "entering the control group " + entrance.parent_path().string());
  }
  char byte = 0;
  ssize_t told = 0;
  while ((told = ::read(go, &byte, 1)) < 0 && errno == EINTR) {
  }
  if (told != 1) ::_exit(125);  // there will be no container
  if (::unshare(CLONE_NEWNS) != 0) give_up(start, "making a mount namespace");
  if (::chdir(start.bundle.c_str()) != 0) give_up(start, "entering " + start.bundle.string());
  if (runtime.kind == Runtime::Kind::crun) hide_unified_hierarchy();
  if (runtime.kind == Runtime::Kind::runc) make_cgroups_read_only();
  const int streams[3] = {start.in, start.out, start.err};
  int moved[3];
  for (int i = 0; i < 3; ++i) moved[i] = ::fcntl(streams[i], F_DUPFD_CLOEXEC, 10);
  for (int i = 0; i < 3; ++i)
    if (moved[i] < 0 || ::dup2(moved[i], i) < 0)
      give_up(start, "handing the streams to the container");
  // A descriptor of the machine that leaks into a container is a way out of it (CVE-2024-21626).
  ::syscall(SYS_close_range, 3U, ~0U, 0U);
  ::signal(SIGPIPE, SIG_DFL);
  std::vector<char*> pointers;
  for (const std::string& argument : argv) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  const char* environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                               nullptr};
  ::execve(pointers[0], pointers.data(), const_cast<char**>(environment));
  give_up(start, "executing " + argv[0]);
}

/// A start takes a tenth of a second, on a very busy machine seconds. A runtime that waits for what
/// will not come (its own child, after an error in the pipe between them) would wait for ever.
/// A test aid: TRAINYARD_TEST_START_LIMIT_MS stands for the two minutes.
int longest_start_ms() {
  const char* given = std::getenv("TRAINYARD_TEST_START_LIMIT_MS");
  return given != nullptr ? std::atoi(given) : 120'000;
}

bool ends_within(pid_t pid, int milliseconds) {
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) throw system_error("watching", "the runtime");
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  pollfd polled{pidfd.get(), POLLIN, 0};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    const int ready = ::poll(&polled, 1, static_cast<int>(std::max<int64_t>(left.count(), 0)));
    if (ready >= 0) return ready > 0;
    if (errno != EINTR) throw system_error("waiting for", "the runtime");
  }
}

/// Kills the children of this process, and as a subreaper theirs after them, until there are none.
void end_all_children() {
  for (;;) {
    std::istringstream children(read_file_if_exists("/proc/thread-self/children").value_or(""));
    for (pid_t child = 0; children >> child;) ::kill(child, SIGKILL);
    if (::waitpid(-1, nullptr, 0) < 0 && errno != EINTR) return;
  }
}

std::string last_lines(const std::string& text) {
  constexpr size_t k_shown = 4000;
  return text.size() <= k_shown ? text : text.substr(text.size() - k_shown);
}

}  // namespace

Runtime Runtime::of(const fs::path& path) {
  Runtime runtime{path};
  const std::string name = fs::weakly_canonical(path).filename();
  if (name.starts_with("crun")) runtime.kind = Kind::crun;
  if (name.starts_with("runc")) runtime.kind = Kind::runc;
  return runtime;
}

std::string identity_of(const Runtime& runtime) {
  struct stat info {};
  if (::stat(runtime.path.c_str(), &info) != 0)
    throw system_error("looking at", runtime.path.string());
  return runtime.path.string() + "\n" + std::to_string(info.st_size) + "\n" +
         std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec) + "\n";
}

RuntimeProcess::RuntimeProcess(const Runtime& runtime, const RuntimeStart& start)
    : runtime_(runtime), start_(start) {
  const std::vector<std::string> argv =
      command_line(runtime, start, start.state / "log", start.state / "pid");
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw system_error("making", "a pipe");
  const UniqueFd wait(ends[0]);
  go_.reset(ends[1]);
  pid_ = ::fork();
  if (pid_ < 0) throw system_error("starting", runtime.path.string());
  if (pid_ > 0) return;
  go_.reset();  // or it would wait for itself
  run_runtime_child(runtime, start, argv, wait.get());
}

RuntimeProcess::~RuntimeProcess() {
  go_.reset();
  if (pid_ > 0) wait_process(pid_);
}

pid_t RuntimeProcess::let_go() {
  // SIGPIPE is ignored here; a child that gave up says why in its exit and its log.
  const ssize_t ignored = ::write(go_.get(), "1", 1);
  (void)ignored;
  const pid_t runtime = std::exchange(pid_, -1);
  const int limit = longest_start_ms();
  if (!ends_within(runtime, limit)) {
    end_all_children();
    throw Error("starting a container with", runtime_.path.string(),
                "it did not come to an end within " + std::to_string(limit / 1000) + " s",
                "call again; if that does not help, `trainyard doctor` tries every runtime of this "
                "machine, and TRAINYARD_RUNTIME chooses one");
  }
  const ExitStatus status = wait_process(runtime);
  if (!status.success())
    throw Error(
        "starting a container with", runtime_.path.string(),
        "it ended with exit code " + std::to_string(status.code),
        "`trainyard doctor` tries every runtime of this machine; TRAINYARD_RUNTIME chooses one")
        .with_excerpt(last_lines(read_file_if_exists(start_.state / "log").value_or("")));
  const std::string text = read_file(start_.state / "pid");
  pid_t pid = 0;
  std::from_chars(text.data(), text.data() + text.size(), pid);
  if (pid <= 0)
    throw Error("starting a container with", runtime_.path.string(), "it named no process");
  return pid;
}

}  // namespace trainyard::engine::native
