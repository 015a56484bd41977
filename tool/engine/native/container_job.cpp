#include "engine/native/container_job.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <sstream>

#include "base/error.hpp"
#include "base/process.hpp"
#include "engine/native/apt_config.hpp"
#include "engine/native/cgroup.hpp"
#include "engine/native/command_lookup.hpp"
#include "engine/native/compiled_filter.hpp"
#include "engine/native/container_root.hpp"
#include "engine/native/device_config.hpp"
#include "engine/native/hook_traces.hpp"
#include "engine/native/missing_watch.hpp"
#include "engine/native/network_files.hpp"
#include "engine/native/overlay_mount.hpp"
#include "engine/native/private_network.hpp"
#include "engine/native/runtime.hpp"
#include "engine/native/runtime_config.hpp"
#include "engine/native/spec_wire.hpp"
#include "engine/native/terminal.hpp"

namespace trainyard::engine::native {

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* k_init_target = "/dev/trainyard-init";
constexpr const char* k_traces = "hook-traces.json";

struct Pipe {
  UniqueFd read, write;
};

Pipe make_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) throw system_error("making", "a pipe");
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

/// So that the command may open /dev/stdout anew, whoever it runs as.
void give_to(const ContainerUser& user, const Pipe& pipe) {
  if (::fchown(pipe.write.get(), user.uid, user.gid) != 0)
    throw system_error("giving away", "a pipe");
}

/// One container from request to result, in the order in which it happens.
class ContainerJob {
 public:
  ContainerJob(Channel& channel, Message&& request)
      : channel_(channel),
        request_(std::move(request)),
        spec_(spec_from_json(request_.body.at("container"))),
        map_(static_cast<IdMap::Kind>(request_.body.at("id_map").get<int>())),
        runtime_(Runtime::of(request_.body.at("runtime").get<std::string>())),
        engine_folder_(request_.body.at("engine_folder").get<std::string>()),
        scratch_(engine_folder_ / "mnt") {}

  /// On a failure after the start nothing of the container stays behind.
  ~ContainerJob() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ContainerJob(const ContainerJob&) = delete;
  ContainerJob& operator=(const ContainerJob&) = delete;

  void run() {
    if (spec_.argv.empty())
      throw CommandNotExecutable(127, "\"\"", "there is no command", "name a program");
    mount_private_tmpfs(scratch_);
    if (spec_.network == Network::private_) network_.emplace();
    cgroup_.emplace(request_.body.at("cgroup_owner"), spec_.limits);
    result_.warnings = device_warnings(spec_.devices, map_);
    if (map_ == IdMap::Kind::root) cgroup_->deny(device_denials(spec_.devices));
    note_what_hooks_leave();
    prepare_runtime();
    make_root();
    write_config(cgroup_->limits_processes());
    start();
    await_end();
    finish();
  }

 private:
  /// Only a step keeps what is written.
  void note_what_hooks_leave() {
    if (spec_.devices.hooks.empty() || !spec_.upper) return;
    const std::string tool = own_executable().string();
    spec_.devices.hooks.push_back(
        {"createContainer",
         tool,
         {tool, "internal-note-traces", spec_.upper->string(), (scratch_ / k_traces).string()},
         {},
         {}});
  }

  void make_root() {
    root_.emplace(spec_, scratch_, all_mounts(), map_);
    user_ = look_up_user(root_->fd(), spec_.user);
    settle_for_existing_ids();
    spec_.working_directory = root_->make_folder(spec_.working_directory);
    check_command(*root_, spec_.argv[0], spec_.environment, spec_.working_directory);
    for (const Mount& mount : spec_.mounts)
      if (mount.owned_by_user && ::chown(mount.source.c_str(), user_.uid, user_.gid) != 0)
        throw system_error("giving to the container's user", mount.source.string());
  }

  /// With a single-id map there is nobody else to be; with sub-ids the range has an end.
  void settle_for_existing_ids() {
    if (map_ == IdMap::Kind::single && (user_.uid != 0 || user_.gid != 0)) {
      result_.warnings.push_back("USER " + spec_.user +
                                 " is not in effect: without sub-uids there is one user only; "
                                 "`trainyard doctor` tells how to get them");
      user_.uid = 0;
      user_.gid = 0;
      user_.groups.clear();
    }
    const auto exists = [](const char* map, uint64_t id) {
      std::istringstream rows(read_file(map));
      for (uint64_t inside = 0, outside = 0, count = 0; rows >> inside >> outside >> count;)
        if (id >= inside && id - inside < count) return true;
      return false;
    };
    if (!exists("/proc/self/uid_map", user_.uid) || !exists("/proc/self/gid_map", user_.gid))
      throw usage_error(
          "running as USER", spec_.user, "its number is beyond the sub-ids of this user",
          "choose a number below 65536, or get a larger range in /etc/subuid and /etc/subgid");
  }

  std::vector<Mount> all_mounts() {
    std::vector<Mount> mounts = make_network_files(spec_, scratch_ / "etc");
    if (apt_needs_telling(map_, spec_.profile)) mounts.push_back(make_apt_config(scratch_ / "etc"));
    mounts.insert(mounts.end(), spec_.mounts.begin(), spec_.mounts.end());
    for (Mount& mount : device_mounts(spec_.devices, map_)) mounts.push_back(std::move(mount));
    return mounts;
  }

  void write_config(bool process_limit_by_cgroup) {
    struct sysinfo machine {};
    ::sysinfo(&machine);
    RuntimeConfigInput input{spec_};
    input.map = map_;
    input.root = root_->path();
    input.user = user_;
    input.argv = spec_.argv;
    input.mounts = root_->mounts();
    input.own_network = spec_.network != Network::host;
    if (network_) input.network_namespace = network_->namespace_path();
    input.limit_processes_by_rlimit = !process_limit_by_cgroup && map_ != IdMap::Kind::root;
    input.machine_memory = static_cast<uint64_t>(machine.totalram) * machine.mem_unit;
    add_init(input);
    Json config = runtime_config(input);
    if (spec_.missing_report && config.at("linux").contains("seccomp")) {
      watch_.emplace(scratch_, *spec_.missing_report, spec_.working_directory);
      watch_->put_into(config);
    } else if (config.at("linux").contains("seccomp")) {
      filter_.emplace(runtime_, engine_folder_, config.at("linux").at("seccomp"));
      filter_->put_into(config);
    }
    // The command may ask for its window's size before the tool can set it.
    if (const Json& window = request_.body.at("window"); spec_.terminal && !window.is_null())
      config["process"]["consoleSize"] = window;
    try {
      write_file_atomic(scratch_ / "bundle/config.json", config.dump());
    } catch (const Json::type_error&) {
      throw usage_error("starting", spec_.argv[0],
                        "an argument, an environment variable or a path is not UTF-8",
                        "OCI runtimes take UTF-8 only; put such bytes into a file");
    }
  }

  /// PID 1 without a handler ignores SIGTERM; an init in its place forwards it and reaps orphans.
  void add_init(RuntimeConfigInput& input) {
    if (!spec_.init) return;
    const fs::path init = find_program("tini-static");
    if (init.empty()) {
      result_.warnings.push_back(
          "no init in the container: tini-static is not installed (apt-get install tini), so the "
          "command must "
          "handle SIGTERM itself");
      return;
    }
    Mount mount;
    mount.source = init;
    input.mounts.push_back({mount, k_init_target});
    input.argv.insert(input.argv.begin(), {k_init_target, "--"});
  }

  void prepare_runtime() {
    start_.bundle = scratch_ / "bundle";
    start_.state = scratch_ / "state";
    make_directories(start_.bundle);
    make_directories(start_.state, 0700);
    start_.cgroup_entrances = cgroup_->entrances();
    in_ = request_.fds.empty() ? UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC))
                               : std::move(request_.fds.front());
    start_.in = in_.get();
    start_.out = out_.write.get();
    start_.err = err_.write.get();
    start_.terminal = spec_.terminal;
    runtime_process_.emplace(runtime_, start_);
  }

  void start() {
    give_to(user_, out_);
    give_to(user_, err_);
    std::optional<ConsoleSocket> console;
    if (spec_.terminal) console.emplace(start_.bundle);
    try {
      pid_ = runtime_process_->let_go();
    } catch (Error& error) {
      explain_failed_start(error);
    }
    begin_ = Clock::now();
    pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    if (!pidfd_) throw system_error("watching", "the container's first process");
    cgroup_->set_process_limit();
    if (filter_) filter_->keep(start_.state);
    if (console)
      channel_.send({{"started", true}}, {console->receive_master().get()});
    else
      channel_.send({{"started", true}}, {out_.read.get(), err_.read.get()});
  }

  /// What the runtime said on the container's own stderr belongs to the error.
  [[noreturn]] void explain_failed_start(Error& error) {
    out_.write.reset();
    err_.write.reset();
    std::string said = error.excerpt();
    if (said.empty()) said = read_all(err_.read.get(), "the runtime's messages", 4096);
    throw std::move(error).with_excerpt(said);
  }

  void send_signal(int number) {
    ::syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0);
  }

  /// Serves the channel until the container's first process has ended.
  void await_end() {
    std::optional<Clock::time_point> term_at, kill_at;
    if (spec_.timeout) term_at = begin_ + *spec_.timeout;
    std::array<pollfd, 2> polls{{{pidfd_.get(), POLLIN, 0}, {channel_.fd(), POLLIN, 0}}};
    while (polls[0].revents == 0) {
      const Clock::time_point now = Clock::now();
      if (term_at && now >= *term_at) {
        result_.timed_out = true;
        send_signal(SIGTERM);
        kill_at = now + spec_.grace;
        term_at.reset();
      }
      if (kill_at && now >= *kill_at) {
        send_signal(SIGKILL);
        kill_at.reset();
      }
      const auto next = term_at ? term_at : kill_at;
      const auto wait =
          next ? std::chrono::ceil<std::chrono::milliseconds>(*next - now).count() : -1;
      if (::poll(polls.data(), polls.size(),
                 static_cast<int>(std::clamp<int64_t>(wait, -1, 1 << 30))) < 0 &&
          errno != EINTR)
        throw system_error("waiting for", "the container");
      if (polls[1].revents != 0 && !serve_message()) {
        send_signal(SIGKILL);  // the caller has gone, or let the container go
        polls[1].fd = -1;
        polls[1].revents = 0;
      }
    }
    collect_status();
  }

  bool serve_message() {
    const std::optional<Message> message = channel_.receive();
    if (!message) return false;
    if (message->body.contains("signal")) send_signal(message->body.at("signal"));
    return true;
  }

  void collect_status() {
    int status = 0;
    rusage usage{};
    // A runtime may leave a process of its own between us and the container's first one for a
    // moment: that one is ours as well, and when it has ended, what it started becomes our child.
    // Helpers that ended by themselves (slirp4netns) are met here, too: see HelperProcess.
    for (pid_t ended = 0; ended != pid_;) {
      ended = ::wait4(-1, &status, 0, &usage);
      if (ended < 0 && errno != EINTR)
        throw system_error("waiting for", "the container's first process");
    }
    pid_ = -1;
    const ExitStatus ended = exit_status_of(status);
    result_.exit_code = ended.code;
    result_.signal = ended.signal;
    result_.seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
    result_.peak_memory = static_cast<uint64_t>(usage.ru_maxrss) * 1024;
  }

  void finish() {
    if (const uint64_t peak = cgroup_->peak_memory(); peak > 0) result_.peak_memory = peak;
    result_.out_of_memory = result_.exit_code != 0 && cgroup_->out_of_memory();
    result_.warnings.insert(result_.warnings.end(), cgroup_->warnings().begin(),
                            cgroup_->warnings().end());
    root_->unmount();
    if (spec_.upper) remove_hook_traces(*spec_.upper, scratch_ / k_traces);
    channel_.send({{"ended", result_to_json(result_)}});
    // The caller need not wait for what the end of these objects removes.
  }

  Channel& channel_;
  Message request_;
  ContainerSpec spec_;
  IdMap::Kind map_;
  Runtime runtime_;
  fs::path engine_folder_;
  fs::path scratch_;
  std::optional<Cgroup> cgroup_;  ///< its folders can go once what follows has ended
  std::optional<CompiledFilter> filter_;
  std::optional<MissingWatch> watch_;
  std::optional<PrivateNetwork> network_;
  std::optional<ContainerRoot> root_;
  ContainerUser user_;
  Pipe out_ = make_pipe(), err_ = make_pipe();
  UniqueFd in_;
  RuntimeStart start_;
  std::optional<RuntimeProcess> runtime_process_;
  pid_t pid_ = -1;
  UniqueFd pidfd_;
  Clock::time_point begin_;
  ContainerResult result_;
};

}  // namespace

void run_container(Channel& channel, Message&& request) {
  ContainerJob(channel, std::move(request)).run();
}

}  // namespace trainyard::engine::native
