#include "base/process.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/error.hpp"
#include "base/file.hpp"

namespace trainyard {

namespace {

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> list;
  list.reserve(strings.size() + 1);
  for (const std::string& s : strings) list.push_back(const_cast<char*>(s.c_str()));
  list.push_back(nullptr);
  return list;
}

/// Everything between fork and exec: async-signal-safe calls only.
struct ChildPlan {
  const char* program;
  char* const* argv;
  char* const* environment;
  const char* directory;
  std::array<int, 3> streams;
  std::vector<int> keep;  // sorted
  bool own_session;
  bool die_with_parent;
};

/// Marks rather than closes: the pipe that reports a failed exec must live until then.
void close_others(const std::vector<int>& keep) {
  unsigned first = 3;
  for (const int fd : keep) {
    if (fd < 3) continue;
    if (static_cast<unsigned>(fd) > first)
      ::syscall(SYS_close_range, first, static_cast<unsigned>(fd) - 1, CLOSE_RANGE_CLOEXEC);
    first = static_cast<unsigned>(fd) + 1;
  }
  ::syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC);
}

[[noreturn]] void run_child(const ChildPlan& plan, int error_pipe) {
  const auto fail = [error_pipe] {
    const int number = errno;
    const ssize_t ignored = ::write(error_pipe, &number, sizeof number);
    (void)ignored;
    ::_exit(127);
  };
  if (plan.die_with_parent) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (plan.own_session) ::setsid();
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  // Streams may be given crosswise (out = 2): move them above 2 first.
  std::array<int, 3> moved{-1, -1, -1};
  for (size_t i = 0; i < 3; ++i)
    if (plan.streams[i] >= 0 && (moved[i] = ::fcntl(plan.streams[i], F_DUPFD_CLOEXEC, 3)) < 0)
      fail();
  for (size_t i = 0; i < 3; ++i)
    if (moved[i] >= 0 && ::dup2(moved[i], static_cast<int>(i)) < 0) fail();
  for (const int fd : plan.keep) ::fcntl(fd, F_SETFD, 0);
  close_others(plan.keep);
  if (plan.directory != nullptr && ::chdir(plan.directory) != 0) fail();
  ::execve(plan.program, plan.argv, plan.environment);
  fail();
  ::_exit(127);
}

}  // namespace

ExitStatus exit_status_of(int wait_status) {
  ExitStatus status;
  if (WIFSIGNALED(wait_status)) {
    status.signal = WTERMSIG(wait_status);
    status.code = 128 + *status.signal;
  } else {
    status.code = WEXITSTATUS(wait_status);
  }
  return status;
}

fs::path find_program(const std::string& name) {
  if (name.find('/') != std::string::npos)
    return ::access(name.c_str(), X_OK) == 0 ? fs::path(name) : fs::path();
  const char* path = std::getenv("PATH");
  // newuidmap, runc and mke2fs live in sbin on Debian; an ordinary user's PATH often lacks it.
  std::string folders = std::string(path != nullptr ? path : "") +
                        ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  for (size_t start = 0; start <= folders.size();) {
    const size_t end = std::min(folders.find(':', start), folders.size());
    if (end > start) {
      const fs::path candidate = fs::path(folders.substr(start, end - start)) / name;
      std::error_code ignored;
      if (::access(candidate.c_str(), X_OK) == 0 && fs::is_regular_file(candidate, ignored))
        return candidate;
    }
    start = end + 1;
  }
  return {};
}

pid_t start_process(const ProcessSpec& spec) {
  const fs::path program = find_program(spec.argv.at(0));
  if (program.empty()) throw Error("starting", spec.argv.at(0), "no such program in PATH");
  const std::vector<char*> argv = pointers(spec.argv);
  std::vector<char*> environment;
  if (spec.environment) environment = pointers(*spec.environment);
  ChildPlan plan{program.c_str(),
                 argv.data(),
                 spec.environment ? environment.data() : ::environ,
                 spec.working_directory.empty() ? nullptr : spec.working_directory.c_str(),
                 {spec.in, spec.out, spec.err},
                 spec.keep,
                 spec.own_session,
                 spec.die_with_parent};
  std::sort(plan.keep.begin(), plan.keep.end());

  int pipe_fds[2];
  if (::pipe2(pipe_fds, O_CLOEXEC) != 0) throw system_error("starting", spec.argv[0]);
  const UniqueFd reading(pipe_fds[0]);
  UniqueFd writing(pipe_fds[1]);
  const pid_t pid = ::fork();
  if (pid < 0) throw system_error("starting", spec.argv[0]);
  if (pid == 0) run_child(plan, writing.get());
  writing.reset();
  int number = 0;
  ssize_t n = 0;
  while ((n = ::read(reading.get(), &number, sizeof number)) < 0 && errno == EINTR) {
  }
  if (n == sizeof number) {
    ::waitpid(pid, nullptr, 0);
    throw system_error("starting", program.string(), number);
  }
  return pid;
}

void block_all_signals() {
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

ExitStatus wait_process(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) throw system_error("waiting for", "process " + std::to_string(pid));
  return exit_status_of(status);
}

namespace {

std::vector<std::string> environment_with(const std::vector<std::string>& variables) {
  std::vector<std::string> all = variables;
  for (char** inherited = ::environ; *inherited != nullptr; ++inherited) {
    const std::string pair = *inherited;
    const std::string name = pair.substr(0, pair.find('=')) + "=";
    const auto same = [&name](const std::string& other) { return other.starts_with(name); };
    if (std::none_of(variables.begin(), variables.end(), same)) all.push_back(pair);
  }
  return all;
}

/// A file in memory, so that nobody has to feed it while the output is collected.
UniqueFd file_with(const std::string& text) {
  if (text.empty()) return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  UniqueFd file(::memfd_create("input", MFD_CLOEXEC));
  if (!file) throw system_error("making", "a program's input");
  write_all(file.get(), text, "a program's input");
  if (::lseek(file.get(), 0, SEEK_SET) != 0) throw system_error("making", "a program's input");
  return file;
}

}  // namespace

Captured capture(const std::vector<std::string>& argv, const CaptureInput& input) {
  int out[2];
  int err[2];
  if (::pipe2(out, O_CLOEXEC) != 0) throw system_error("starting", argv.at(0));
  UniqueFd out_read(out[0]), out_write(out[1]);
  if (::pipe2(err, O_CLOEXEC) != 0) throw system_error("starting", argv.at(0));
  UniqueFd err_read(err[0]), err_write(err[1]);
  const UniqueFd in = file_with(input.text);
  ProcessSpec spec;
  spec.argv = argv;
  if (!input.variables.empty()) spec.environment = environment_with(input.variables);
  spec.in = in.get();
  spec.out = out_write.get();
  spec.err = err_write.get();
  const pid_t pid = start_process(spec);
  out_write.reset();
  err_write.reset();
  Captured captured;
  std::array<pollfd, 2> polls{{{out_read.get(), POLLIN, 0}, {err_read.get(), POLLIN, 0}}};
  std::array<std::string*, 2> sinks{&captured.out, &captured.err};
  int open_streams = 2;
  while (open_streams > 0) {
    if (::poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR) break;
    for (size_t i = 0; i < 2; ++i) {
      if (polls[i].fd < 0 || polls[i].revents == 0) continue;
      char buffer[16384];
      const ssize_t n = ::read(polls[i].fd, buffer, sizeof buffer);
      if (n > 0) {
        sinks[i]->append(buffer, static_cast<size_t>(n));
      } else if (n == 0 || errno != EINTR) {
        polls[i].fd = -1;
        --open_streams;
      }
    }
  }
  captured.status = wait_process(pid);
  return captured;
}

fs::path own_executable() {
  std::error_code error;
  fs::path path = fs::read_symlink("/proc/self/exe", error);
  if (error)
    throw Error("finding", "the tool's own executable", error.message(), "is /proc mounted?");
  return path;
}

std::string boot_id() {
  static const std::string id = [] {
    std::string text = read_file("/proc/sys/kernel/random/boot_id");
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }();
  return id;
}

uint64_t process_start_time(pid_t pid) {
  const auto stat = read_file_if_exists("/proc/" + std::to_string(pid) + "/stat");
  if (!stat) return 0;
  // The second field, the command in parentheses, may hold anything: count from its last ')'.
  size_t at = stat->rfind(')');
  // One that has ended and that nobody waits for (PID 1 of many containers does not) is gone too.
  const bool ended = at != std::string::npos && at + 2 < stat->size() &&
                     ((*stat)[at + 2] == 'Z' || (*stat)[at + 2] == 'X');
  if (ended) return 0;
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = stat->find(' ', at + 1);
  return at == std::string::npos ? 0 : std::strtoull(stat->c_str() + at + 1, nullptr, 10);
}

bool ProcessIdentity::alive() const {
  return boot_id == trainyard::boot_id() && start_time != 0 &&
         process_start_time(pid) == start_time;
}

uint64_t pid_namespace() {
  struct stat status {};
  return ::stat("/proc/self/ns/pid", &status) == 0 ? status.st_ino : 0;
}

ProcessIdentity own_identity() {
  return {boot_id(), ::getpid(), process_start_time(::getpid())};
}

}  // namespace trainyard
