#include "training/keeper_client.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <thread>

#include "base/error.hpp"
#include "base/lock_file.hpp"
#include "base/process.hpp"
#include "store/run_records.hpp"
#include "training/error_message.hpp"
#include "training/keeper_protocol.hpp"
#include "training/metrics_follower.hpp"
#include "training/stop_signals.hpp"

namespace trainyard::training {

namespace {

using LogSink = std::function<void(std::string_view)>;

/// The log of a run that goes on, read as far as it is written.
class LogReader {
 public:
  LogReader(const fs::path& folder, LogSink sink) : path_(folder / "log"), sink_(std::move(sink)) {}

  void read_on() {
    if (!fd_) fd_ = open_for_reading(path_);
    std::array<char, 1 << 16> buffer;
    for (;;) {
      const ssize_t n = ::read(fd_.get(), buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw system_error("reading", path_.string());
      if (n == 0) return;
      if (sink_) sink_({buffer.data(), static_cast<size_t>(n)});
    }
  }

 private:
  fs::path path_;
  LogSink sink_;
  UniqueFd fd_;
};

/// A file without a name that holds the plan: it can be of any size, and nobody else sees it.
UniqueFd plan_file(const RunPlan& plan) {
  UniqueFd fd(::memfd_create("trainyard-plan", MFD_CLOEXEC));
  if (!fd) throw system_error("making", "a file in memory");
  write_all(fd.get(), canonical_json(to_json(plan)), "the run's plan");
  if (::lseek(fd.get(), 0, SEEK_SET) != 0) throw system_error("making", "a file in memory");
  return fd;
}

/// The keeper must not hold the build's own streams open: Ninja waits for their end.
void start_keeper(const store::Store& store, const RunPlan& plan, const fs::path& folder, int lock,
                  int listener) {
  const UniqueFd plan_fd = plan_file(plan);
  const fs::path messages = folder / "keeper.log";
  const UniqueFd log(
      ::open(messages.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
  if (!log) throw system_error("making", messages.string());
  ProcessSpec spec;
  spec.argv = {own_executable().string(),
               "internal-keeper",
               absolute_normal(store.root()).string(),
               plan.key,
               std::to_string(lock),
               std::to_string(listener)};
  spec.working_directory = "/";
  spec.in = plan_fd.get();
  spec.out = log.get();
  spec.err = log.get();
  spec.keep = {lock, listener};
  spec.own_session = true;
  start_process(spec);
}

struct Connection {
  UniqueFd fd;
  bool started;  ///< the keeper is one that this tool has just started
};

/// A connection to the run's keeper, which is started when nobody holds the lock. Nothing when one
/// is just starting or just ending.
std::optional<Connection> find_keeper(const store::Store& store, const RunPlan& plan,
                                      const fs::path& folder, const char* greeting) {
  std::optional<UniqueFd> connection = connect_in(folder);
  if (connection) {
    send_message(connection->get(), {{"type", greeting}});
    return Connection{std::move(*connection), false};
  }
  const std::optional<LockFile> lock = LockFile::try_acquire(store::run_lock(folder));
  if (!lock) return std::nullopt;
  const UniqueFd listener = listen_in(folder);
  connection = connect_in(folder);
  if (!connection)
    throw Error("connecting to", (folder / "socket").string(),
                "a socket just made does not answer");
  send_message(connection->get(), {{"type", greeting}});
  start_keeper(store, plan, folder, lock->fd(), listener.get());
  return Connection{std::move(*connection), true};
}

Error keeper_did_not_start(const RunPlan& plan, const fs::path& folder) {
  return Error("training", plan.target, "its keeper process did not start", "see: trainyard doctor")
      .with_excerpt(read_file_if_exists(folder / "keeper.log").value_or(""));
}

/// One connection until the end of the run.
class Attachment {
 public:
  Attachment(Connection connection, const fs::path& folder, const RunPlan& plan,
             const RunEvents& events)
      : connection_(std::move(connection.fd)),
        started_(connection.started),
        folder_(folder),
        plan_(plan),
        events_(events),
        log_(folder, events.log) {}

  RunEnd wait(const StopSignals& signals) {
    for (;;) {
      std::array<pollfd, 2> polls{
          {{connection_.get(), POLLIN, 0}, {signals.descriptor(), POLLIN, 0}}};
      if (::poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR)
        throw system_error("waiting for", plan_.target);
      if (polls[1].revents != 0) take_signals(signals.take());
      if (polls[0].revents == 0) continue;
      const std::optional<Json> message = receive_message(connection_.get());
      if (!message) return connection_ended();
      if (const std::optional<RunEnd> end = take(*message)) return *end;
    }
  }

 private:
  void take_signals(int count) {
    if (count == 0) return;
    if (asked_to_stop_ || count > 1) interrupted();
    asked_to_stop_ = true;
    if (events_.note) events_.note("stopping " + plan_.target + "; once more to leave at once");
    send_message(connection_.get(), {{"type", message::stop}});
  }

  [[noreturn]] void interrupted(std::string hint = {}) const {
    std::error_code not_there;  // the keeper makes the folder
    if (hint.empty() && !plan_.checkpoints.empty() &&
        !fs::is_empty(folder_ / "checkpoints", not_there) && !not_there)
      hint = "the next build continues from its checkpoints";
    throw Error("training", plan_.target, "interrupted", std::move(hint), ExitCode::interrupted);
  }

  RunEnd connection_ended() {
    if (asked_to_stop_) interrupted();
    if (!greeted_) {
      if (!started_) return RunEnd::elsewhere;  // it was just ending
      throw keeper_did_not_start(plan_, folder_);
    }
    log_.read_on();
    throw RunEndedElsewhere(
        "training", plan_.target, "its keeper process was killed, and the training with it",
        "build again; if it happens again, look for out-of-memory messages of the kernel (dmesg)");
  }

  std::optional<RunEnd> take(const Json& message) {
    const std::string type = message.at("type").get<std::string>();
    if (type == message::hello) {
      greeted_ = true;
      if (message.value("stopping", false) && events_.note)
        events_.note("waiting for an earlier try of " + plan_.target + " to stop");
      else
        log_.read_on();
    } else if (type == message::grew) {
      log_.read_on();
    } else if (type == message::metrics && events_.metrics) {
      events_.metrics(parse_live_metrics(message.at("values")));
    } else if (type == message::note && events_.note) {
      events_.note(message.at("text").get<std::string>());
    } else if (type == message::left) {
      interrupted("the run goes on for another build");
    } else if (type == message::ended) {
      return take_end(message);
    }
    return std::nullopt;
  }

  RunEnd take_end(const Json& message) {
    log_.read_on();
    if (asked_to_stop_) interrupted();
    const std::string status = message.at("status").get<std::string>();
    if (message.value("asked", false) && status == "stopped")
      throw RunEndedElsewhere("training", plan_.target, "it was stopped by \"trainyard stop\"",
                              "build again to start it anew", ExitCode::interrupted);
    if (status == "failed") throw parse_error_message(message.at("error"));
    return status == "done" ? RunEnd::done : RunEnd::elsewhere;
  }

  UniqueFd connection_;
  bool started_;
  fs::path folder_;
  const RunPlan& plan_;
  const RunEvents& events_;
  LogReader log_;
  bool greeted_ = false;
  bool asked_to_stop_ = false;
};

}  // namespace

RunEnd attach_to_run(const store::Store& store, const RunPlan& plan, const RunEvents& events) {
  const fs::path folder = store::run_folder(store, plan.key);
  make_directories(folder, 0700);
  const StopSignals signals;
  std::optional<Connection> connection = find_keeper(store, plan, folder, message::attach);
  if (!connection) {
    pollfd poll{signals.descriptor(), POLLIN, 0};
    if (::poll(&poll, 1, 20) > 0)
      throw Error("training", plan.target, "interrupted", "", ExitCode::interrupted);
    return RunEnd::elsewhere;
  }
  return Attachment(std::move(*connection), folder, plan, events).wait(signals);
}

void detach_run(const store::Store& store, const RunPlan& plan) {
  const fs::path folder = store::run_folder(store, plan.key);
  make_directories(folder, 0700);
  for (;;) {
    const std::optional<Connection> connection = find_keeper(store, plan, folder, message::detach);
    if (!connection) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      continue;  // one is just starting, or just ending
    }
    while (const std::optional<Json> message = receive_message(connection->fd.get())) {
      const std::string type = message->at("type").get<std::string>();
      if (type == message::left || type == message::ended) return;
    }
    if (connection->started) throw keeper_did_not_start(plan, folder);
  }
}

bool watch_run(const fs::path& run_folder, const std::function<void(std::string_view)>& bytes) {
  const std::optional<UniqueFd> connection = connect_in(run_folder);
  if (!connection) return false;
  send_message(connection->get(), {{"type", message::watch}});
  LogReader log(run_folder, bytes);
  bool greeted = false;
  while (const std::optional<Json> message = receive_message(connection->get())) {
    greeted = true;
    log.read_on();
    if (message->at("type") == message::ended) return true;
  }
  if (greeted) log.read_on();
  return greeted;
}

}  // namespace trainyard::training
