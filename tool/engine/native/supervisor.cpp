#include "engine/native/supervisor.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/process.hpp"
#include "engine/native/error_wire.hpp"
#include "engine/native/namespace_refusal.hpp"

namespace trainyard::engine::native {

namespace {

/// All that the cloned child needs, made before the clone: it may make async-signal-safe calls
/// only.
struct ChildPlan {
  int executable;
  int control;
  int tool;
  int sync_read;
  int sync_write;
  int null;
  bool new_user_namespace;
  char* const* environment;
};

[[noreturn, gnu::no_sanitize("thread")]] void leave() {
  for (;;) ::syscall(SYS_exit_group, 1);
}

/// By system calls alone: of the library's functions some look for other threads, and
/// ThreadSanitizer's take locks, which a thread that the clone left behind may hold. What a build
/// with ThreadSanitizer adds to the function itself would do so too.
[[noreturn, gnu::no_sanitize("thread")]] void run_child(const ChildPlan& plan) {
  ::syscall(SYS_close, plan.sync_write);
  char byte = 0;
  long n = 0;
  // The byte comes when the ids are mapped; the end of the pipe means that the tool has gone.
  while ((n = ::syscall(SYS_read, plan.sync_read, &byte, 1)) < 0 && errno == EINTR) {
  }
  if (n != 1) leave();
  if (plan.new_user_namespace) {
    // setgroups is refused with a single-id map, and nothing is lost then.
    ::syscall(SYS_setgroups, 0, nullptr);
    if (::syscall(SYS_setresgid, 0, 0, 0) != 0 || ::syscall(SYS_setresuid, 0, 0, 0) != 0) leave();
  }
  ::syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  ::syscall(SYS_setsid);  // Ctrl-C is for the tool, which decides what the containers hear of it
  const long executable = ::syscall(SYS_fcntl, plan.executable, F_DUPFD_CLOEXEC, 10);
  const long control = ::syscall(SYS_fcntl, plan.control, F_DUPFD_CLOEXEC, 10);
  const long tool = ::syscall(SYS_fcntl, plan.tool, F_DUPFD_CLOEXEC, 10);
  ::syscall(SYS_dup3, plan.null, 0, 0);
  ::syscall(SYS_dup3, plan.null, 1, 0);
  ::syscall(SYS_dup3, control, k_control_fd, 0);
  ::syscall(SYS_dup3, tool, k_tool_fd, 0);
  ::syscall(SYS_close_range, 5U, ~0U, CLOSE_RANGE_CLOEXEC);
  const char* argv[] = {"trainyard", "internal-supervisor", nullptr};
  ::syscall(SYS_execveat, executable, "", argv, plan.environment, AT_EMPTY_PATH);
  leave();
}

pid_t clone_into_namespaces(const ChildPlan& plan) {
  clone_args arguments{};
  arguments.flags = CLONE_NEWNS | CLONE_NEWPID | (plan.new_user_namespace ? CLONE_NEWUSER : 0);
  arguments.exit_signal = SIGCHLD;
  const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid == 0) run_child(plan);
  return static_cast<pid_t>(pid);
}

}  // namespace

Supervisor::Supervisor(IdMap map) : map_(std::move(map)) {
  thread_ = std::thread([this] { run_thread(); });
}

Supervisor::~Supervisor() {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return started_ || failure_ != nullptr; });
    stopping_ = true;
    control_.reset();  // the supervisor's signal to end
  }
  changed_.notify_all();
  thread_.join();
}

void Supervisor::run_thread() {
  block_all_signals();
  try {
    start();
    await_ready();
  } catch (...) {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
    changed_.notify_all();
    return;
  }
  std::unique_lock lock(mutex_);
  started_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return stopping_; });
  lock.unlock();
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void Supervisor::start() {
  int control[2];
  int sync[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0)
    throw system_error("making", "a socket pair");
  control_.reset(control[0]);
  const UniqueFd control_child(control[1]);
  if (::pipe2(sync, O_CLOEXEC) != 0) throw system_error("making", "a pipe");
  const UniqueFd sync_read(sync[0]);
  const UniqueFd sync_write(sync[1]);
  const UniqueFd executable(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  if (!executable) throw system_error("opening", "/proc/self/exe");
  const UniqueFd tool(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  if (!tool) throw system_error("opening", "a descriptor of this process (pidfd_open)");
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));

  const ChildPlan plan{executable.get(),
                       control_child.get(),
                       tool.get(),
                       sync_read.get(),
                       sync_write.get(),
                       null.get(),
                       map_.kind != IdMap::Kind::root,
                       ::environ};
  pid_ = clone_into_namespaces(plan);
  if (pid_ < 0) throw namespaces_refused(namespace_facts(errno, map_.kind));
  write_id_map(map_, pid_);
  write_all(sync_write.get(), "1", "the pipe to the supervisor");
}

/// The supervisor says in one message whether its own preparations succeeded.
void Supervisor::await_ready() {
  std::optional<UniqueFd> fd = receive_fd(control_.get());
  if (!fd)
    throw Error("starting", "the supervisor of the native engine", "it ended at once",
                "`trainyard doctor` tells what this machine lacks");
  Channel channel(std::move(*fd));
  const auto message = channel.receive();
  if (!message)
    throw Error("starting", "the supervisor of the native engine", "it ended while it prepared");
  if (message->body.contains("error")) throw_error_of(message->body.at("error"));
}

Channel Supervisor::open_request() {
  auto [mine, theirs] = Channel::make_pair();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return started_ || failure_ != nullptr; });
  if (failure_ != nullptr) std::rethrow_exception(failure_);
  if (!send_fd(control_.get(), theirs.get()))
    throw Error("reaching", "the supervisor of the native engine", "it has ended",
                "was it killed? Nothing of it is left; run the command again");
  return Channel(std::move(mine));
}

}  // namespace trainyard::engine::native
