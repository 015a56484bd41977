#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <set>

#include "base/error.hpp"
#include "engine/native/cgroup.hpp"
#include "engine/native/channel.hpp"
#include "engine/native/container_job.hpp"
#include "engine/native/error_wire.hpp"
#include "engine/native/namespace_refusal.hpp"
#include "engine/native/native_engine.hpp"
#include "engine/native/probes.hpp"
#include "engine/native/supervisor.hpp"

// The supervisor itself: PID 1 of its namespace, single-threaded. It forks one child per request
// and reaps whatever ends. It never does a request's work itself, so that it always notices the
// tool's end.
namespace trainyard::engine::native {

namespace {

void prepare_namespaces() {
  // Mounts of the machine may still appear here, ours never there.
  if (::mount("", "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
    const int number = errno;
    const std::string hint = hint_for_namespace_without_rights(number);
    throw system_error("making private", "the mounts of the native engine", number)
        .with_hint(!hint.empty()
                       ? hint
                       : "the root folder must be a mount point; for a chroot, bind it to "
                         "itself before entering: mount --bind DIR DIR");
  }
  // For this PID namespace; runc reads /proc/self and fails with the machine's.
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0)
    throw system_error("mounting", "/proc in the namespaces of the native engine")
        .with_hint(
            "inside another container its /proc must not be masked "
            "(docker: --security-opt systempaths=unconfined)");
  ::umask(022);
  if (::chdir("/") != 0) throw system_error("entering", "/");
}

/// Tells the tool in one message how the preparations went.
bool report_ready() {
  auto [mine, theirs] = Channel::make_pair();
  if (!send_fd(k_control_fd, theirs.get())) return false;
  Channel channel(std::move(mine));
  try {
    prepare_namespaces();
    channel.send({{"ready", true}});
    return true;
  } catch (const std::exception& error) {
    channel.send({{"error", error_to_json(error)}});
    return false;
  }
}

Json run_job(const JobTable& jobs, const Json& body) {
  const std::string name = body.at("job");
  for (const JobTable* table : {&jobs, &engine_jobs()})
    if (const auto job = table->find(name); job != table->end())
      return job->second(body.at("request"));
  throw Error("running", "job " + name, "this tool has no such job");
}

/// One request in a child of its own.
void serve_request(const JobTable& jobs, UniqueFd socket) {
  Channel channel(std::move(socket));
  std::optional<Message> message = channel.receive();
  if (!message) return;
  try {
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) throw system_error("becoming", "a subreaper");
    if (message->body.contains("container"))
      run_container(channel, std::move(*message));
    else
      channel.send({{"answer", run_job(jobs, message->body)}});
  } catch (const std::exception& error) {
    channel.send({{"error", error_to_json(error)}});
  }
}

[[noreturn]] void run_request_child(const JobTable& jobs, UniqueFd socket) {
  ::close(k_control_fd);
  ::close(k_tool_fd);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  int code = 0;
  try {
    serve_request(jobs, std::move(socket));
  } catch (const std::exception& error) {
    // The caller has gone: nobody else is left to tell.
    std::fprintf(stderr, "trainyard: supervisor: %s\n", error.what());
    code = 1;
  }
  std::fflush(nullptr);
  ::_exit(code);  // destructors of the supervisor's own objects are not this child's business
}

/// Its own children and what was left to it by processes that ended.
void reap(std::set<pid_t>& requests) {
  for (pid_t ended = 0; (ended = ::waitpid(-1, nullptr, WNOHANG)) > 0;) requests.erase(ended);
}

int serve(const JobTable& jobs, int children) {
  std::array<pollfd, 3> polls{
      {{k_control_fd, POLLIN, 0}, {k_tool_fd, POLLIN, 0}, {children, POLLIN, 0}}};
  std::set<pid_t> requests;
  // Without further requests to come it stays for those that still tidy up.
  while (polls[0].fd >= 0 || !requests.empty()) {
    if (::poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR) return 1;
    if (polls[1].revents != 0) return 0;
    if (polls[2].revents != 0) {
      signalfd_siginfo ignored{};
      while (::read(children, &ignored, sizeof ignored) > 0) {
      }
      reap(requests);
    }
    if (polls[0].revents == 0) continue;
    std::optional<UniqueFd> socket = receive_fd(k_control_fd);
    if (!socket) {
      polls[0] = {-1, 0, 0};
      continue;
    }
    own_hierarchies();  // for the children, who inherit what was found
    cgroup_mount_points();
    const pid_t pid = ::fork();
    if (pid == 0) run_request_child(jobs, std::move(*socket));
    if (pid > 0) requests.insert(pid);
    // On failure the socket closes, and the caller sees the end of its channel.
  }
  return 0;
}

}  // namespace

int serve_supervisor(const JobTable& jobs) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // the exec of this program may have cleared it
  struct stat info {};
  if (::fstat(k_control_fd, &info) != 0 || !S_ISSOCK(info.st_mode) || ::getpid() != 1) {
    std::fputs("trainyard: error: internal-supervisor is started by the tool itself\n", stderr);
    return static_cast<int>(ExitCode::usage);
  }
  ::fcntl(k_control_fd, F_SETFD, FD_CLOEXEC);
  ::fcntl(k_tool_fd, F_SETFD, FD_CLOEXEC);
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  ::sigprocmask(SIG_SETMASK, &child, nullptr);
  const UniqueFd children(::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!report_ready()) return 1;
  return serve(jobs, children.get());
}

}  // namespace trainyard::engine::native
