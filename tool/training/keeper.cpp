// A keeper owns one run: its container lives and dies with this process. The main thread speaks
// with tools; a worker thread executes. The worker clones the engine's supervisor, so it lives
// until the very end (a parent-death signal fires when the thread that cloned ends).

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <iostream>
#include <list>
#include <mutex>
#include <thread>

#include "base/error_of.hpp"
#include "store/run_records.hpp"
#include "training/keeper_protocol.hpp"
#include "training/keeper_worker.hpp"
#include "training/run_container.hpp"
#include "training/stop_signals.hpp"
#include "training/training_run.hpp"

namespace trainyard::training {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds k_after_kill{5};

/// One connection.
struct Client {
  enum class Role { undecided, attached, watching, leaving };
  UniqueFd fd;
  Role role = Role::undecided;
};

/// The main thread's side: connections in, messages out, and when to stop.
class Desk {
 public:
  Desk(KeeperState& shared, UniqueFd listener, fs::path folder, std::string target)
      : shared_(shared),
        listener_(std::move(listener)),
        folder_(std::move(folder)),
        target_(std::move(target)) {}

  /// Until the run has ended and everybody was told.
  void serve() {
    while (!ended_) {
      wait_for_something();
      if (!ended_ && !stopping_ && had_clients_ && !wanted()) stop();
      if (!ended_ && deadline_ && Clock::now() >= *deadline_) enforce();
    }
  }

 private:
  bool wanted() const {
    return detached_ || std::any_of(clients_.begin(), clients_.end(), [](const Client& client) {
             return client.role == Client::Role::undecided || client.role == Client::Role::attached;
           });
  }

  std::string waiting() const {
    const std::lock_guard lock(shared_.mutex);
    return shared_.waiting;
  }

  Json state() const {
    const auto attached = std::count_if(clients_.begin(), clients_.end(), [](const Client& client) {
      return client.role == Client::Role::attached;
    });
    return {{"type", message::state},
            {"target", target_},
            {"seconds", std::chrono::duration<double>(Clock::now() - began_).count()},
            {"attached", attached},
            {"detached", detached_},
            {"waiting_for", waiting()}};
  }

  void wait_for_something() {
    std::vector<pollfd> polls{{shared_.event(), POLLIN, 0},
                              {signals_.descriptor(), POLLIN, 0},
                              {listener_.get(), POLLIN, 0}};
    for (const Client& client : clients_) polls.push_back({client.fd.get(), POLLIN, 0});
    int timeout = -1;
    if (deadline_) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(*deadline_ - Clock::now()).count() +
          1;
      timeout = static_cast<int>(std::max<int64_t>(left, 0));
    }
    if (::poll(polls.data(), polls.size(), timeout) < 0) return;
    size_t at = 3;
    for (auto client = clients_.begin(); client != clients_.end(); ++at) {
      const bool gone = polls[at].revents != 0 && !hear(*client);
      client = gone ? clients_.erase(client) : std::next(client);
    }
    if (polls[2].revents != 0) admit();
    if (polls[1].revents != 0 && signals_.take() > 0) stop();
    if (polls[0].revents != 0) report();
  }

  void admit() {
    UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd || !peer_is_own_user(fd.get())) return;
    had_clients_ = true;
    send_message(fd.get(), {{"type", message::hello}, {"stopping", stopping_}},
                 Sending::if_possible);
    clients_.push_back({std::move(fd)});
  }

  /// False when the client is gone.
  bool hear(Client& client) {
    std::optional<Json> message;
    try {
      message = receive_message(client.fd.get());
    } catch (const Error&) {
      return false;
    }
    if (!message) return false;
    const std::string type = message->at("type").get<std::string>();
    if (type == message::attach) {
      client.role = Client::Role::attached;
      const std::lock_guard lock(shared_.mutex);
      if (!shared_.metrics.empty())
        send_message(client.fd.get(), metrics_message(), Sending::if_possible);
      if (!shared_.waiting.empty())
        send_message(client.fd.get(), {{"type", message::note}, {"text", shared_.waiting}},
                     Sending::if_possible);
    }
    if (type == message::watch) client.role = Client::Role::watching;
    if (type == message::detach) {
      detached_ = true;
      client.role = Client::Role::leaving;
      send_message(client.fd.get(), {{"type", message::left}}, Sending::if_possible);
    }
    if (type == message::state) {
      client.role = Client::Role::leaving;
      send_message(client.fd.get(), state(), Sending::if_possible);
    }
    if (type == message::end) {
      client.role = Client::Role::watching;
      asked_ = true;
      stop();
    }
    if (type == message::stop) {
      client.role = Client::Role::leaving;
      if (wanted()) send_message(client.fd.get(), {{"type", message::left}}, Sending::if_possible);
    }
    return true;
  }

  /// With the mutex held.
  Json metrics_message() const {
    return {{"type", message::metrics}, {"values", to_json(shared_.metrics)}};
  }

  void tell_all(const Json& message, Sending how) {
    for (const Client& client : clients_) send_message(client.fd.get(), message, how);
  }

  void report() {
    shared_.clear();
    const std::unique_lock lock(shared_.mutex);
    // A client that cannot take this one has others waiting: it reads the log to its end when it
    // takes those.
    if (std::exchange(shared_.grew, false))
      tell_all({{"type", message::grew}}, Sending::if_possible);
    if (std::exchange(shared_.metrics_changed, false))
      tell_all(metrics_message(), Sending::if_possible);
    for (const std::string& text : shared_.notes)
      tell_all({{"type", message::note}, {"text", text}}, Sending::if_possible);
    shared_.notes.clear();
    if (!shared_.end) return;
    Json message = *shared_.end;
    if (asked_) message["asked"] = true;
    end(message);
  }

  void end(const Json& message) {
    // Nobody finds the socket from here on; who is in its queue sees the connection end before
    // "hello".
    ::unlink((folder_ / "socket").c_str());
    listener_.reset();
    const timeval limit{2, 0};  // a tool that was halted must not hold the others up
    for (const Client& client : clients_) {
      ::setsockopt(client.fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
      send_message(client.fd.get(), message);
    }
    clients_.clear();
    ended_ = true;
  }

  void stop() {
    if (std::exchange(stopping_, true)) return;
    {
      const std::lock_guard lock(shared_.mutex);
      if (shared_.container_ended) return;
      shared_.stop = true;
    }
    deadline_ = Clock::now() + grace_period();
    shared_.signal(SIGTERM);
  }

  /// The grace is over: first the container, then, should that not be enough, everything with this
  /// process.
  void enforce() {
    deadline_.reset();
    {
      const std::lock_guard lock(shared_.mutex);
      if (shared_.container_ended) return;
    }
    if (!std::exchange(killed_, true)) {
      shared_.signal(SIGKILL);
      deadline_ = Clock::now() + k_after_kill;
      return;
    }
    end({{"type", message::ended}, {"status", "stopped"}, {"asked", asked_}});
    ::_exit(1);
  }

  KeeperState& shared_;
  UniqueFd listener_;
  fs::path folder_;
  StopSignals signals_;
  std::list<Client> clients_;
  const std::string target_;
  const Clock::time_point began_ = Clock::now();
  bool had_clients_ = false;
  bool detached_ = false;
  bool asked_ = false;  ///< somebody wants it stopped for everybody
  bool stopping_ = false;
  bool killed_ = false;
  bool ended_ = false;
  std::optional<Clock::time_point> deadline_;
};

/// The plan comes on standard input; lock and listening socket are inherited.
RunPlan take_plan() {
  return parse_run_plan(parse_json(read_all(STDIN_FILENO, "the run's plan"), "the run's plan"));
}

}  // namespace

int serve_keeper(const MakeEngine& make_engine, int argc, char** argv) {
  if (argc != 6) {
    std::cerr << "internal-keeper is started by the tool itself\n";
    return static_cast<int>(ExitCode::usage);
  }
  try {
    const store::Store store = store::Store::open(fs::path(argv[2]));
    const UniqueFd lock(std::atoi(argv[4]));
    UniqueFd listener(std::atoi(argv[5]));
    // From here on they must not reach the engine's processes: whoever holds the lock counts as the
    // keeper.
    for (const int fd : {lock.get(), listener.get()})
      if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        throw system_error("taking over", "the run's lock and socket");
    ::signal(SIGPIPE, SIG_IGN);
    RunPlan plan = take_plan();
    const fs::path folder = store::run_folder(store, plan.key);
    KeeperState shared;
    Desk desk(shared, std::move(listener), folder, plan.target);
    KeeperWorker worker(shared, store, std::move(plan), make_engine);
    std::thread thread([&worker] { worker.run(); });
    desk.serve();
    thread.join();
    return 0;
  } catch (const std::exception& error) {
    const Error told = error_of(error);
    std::cerr << told.render();
    return static_cast<int>(told.code());
  }
}

}  // namespace trainyard::training
