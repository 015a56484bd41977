#include "engine/native/ssh_relay.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <list>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/process.hpp"
#include "base/unique_fd.hpp"

namespace trainyard::engine::native {

namespace {

constexpr size_t k_buffer = 64 * 1024;
constexpr size_t k_most_connections = 64;
constexpr auto k_patience = std::chrono::seconds(10);

sockaddr_un address_of(const fs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& text = path.native();
  if (text.size() >= sizeof address.sun_path)
    throw usage_error("using the ssh agent", text, "the path of its socket is too long");
  std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
  return address;
}

UniqueFd make_socket() {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) throw system_error("making", "a socket");
  return fd;
}

UniqueFd listen_at(const fs::path& path) {
  UniqueFd fd = make_socket();
  const sockaddr_un address = address_of(path);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd.get(), SOMAXCONN) != 0)
    throw system_error("listening at", path.string());
  return fd;
}

UniqueFd connect_to(const sockaddr_un& address) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd && ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fd.reset();
  return fd;
}

/// One direction of one connection: false when it is over.
bool pass_on(int from, int to) {
  std::vector<char> buffer(k_buffer);
  const ssize_t got = ::read(from, buffer.data(), buffer.size());
  if (got <= 0) return got < 0 && errno == EINTR;
  for (ssize_t done = 0; done < got;) {
    const ssize_t put =
        ::send(to, buffer.data() + done, static_cast<size_t>(got - done), MSG_NOSIGNAL);
    if (put < 0 && errno != EINTR) return false;
    if (put > 0) done += put;
  }
  return true;
}

struct Connection {
  UniqueFd client, agent;
};

/// Serves until it is killed. The agent's protocol is question and answer, a few hundred bytes
/// each.
[[noreturn]] void relay(const UniqueFd& listener, const sockaddr_un& agent) {
  std::list<Connection> connections;
  for (;;) {
    std::vector<pollfd> polls{{listener.get(), POLLIN, 0}};
    if (connections.size() >= k_most_connections) polls[0].fd = -1;
    for (const Connection& each : connections) {
      polls.push_back({each.client.get(), POLLIN, 0});
      polls.push_back({each.agent.get(), POLLIN, 0});
    }
    if (::poll(polls.data(), polls.size(), -1) < 0) continue;
    size_t i = 1;
    for (auto each = connections.begin(); each != connections.end(); i += 2) {
      const bool alive =
          (polls[i].revents == 0 || pass_on(each->client.get(), each->agent.get())) &&
          (polls[i + 1].revents == 0 || pass_on(each->agent.get(), each->client.get()));
      each = alive ? std::next(each) : connections.erase(each);
    }
    if (polls[0].revents == 0) continue;
    UniqueFd client(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    UniqueFd server = client ? connect_to(agent) : UniqueFd();
    if (server) connections.push_back({std::move(client), std::move(server)});
  }
}

}  // namespace

SshRelay::SshRelay(const fs::path& path, const Mount& mount) {
  fs::path socket = mount.source;
  if (!mount.keys.empty()) {
    socket = path.string() + ".agent";
    start_agent(socket, mount);
  }
  const sockaddr_un agent = address_of(socket);
  if (!connect_to(agent))
    throw system_error("reaching the ssh agent at", socket.string())
        .with_hint("is it still running? `ssh-add -l` asks it");
  const UniqueFd listener = listen_at(path);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw system_error("starting", "the way to the ssh agent");
  if (pid > 0) {
    relay_ = HelperProcess(pid);
    return;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);
  relay(listener, agent);
}

void SshRelay::start_agent(const fs::path& socket, const Mount& mount) {
  if (find_program("ssh-agent").empty() || find_program("ssh-add").empty())
    throw Error("using an ssh key", mount.keys.front().string(),
                "ssh-agent and ssh-add are not installed",
                "apt-get install openssh-client, or give the socket of an agent");
  const UniqueFd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  ProcessSpec spec;
  spec.argv = {"ssh-agent", "-D", "-a", socket.string()};
  spec.in = spec.out = spec.err = nothing.get();
  spec.die_with_parent = true;
  agent_ = HelperProcess(start_process(spec));
  const sockaddr_un address = address_of(socket);
  const auto until = std::chrono::steady_clock::now() + k_patience;
  while (!connect_to(address)) {
    if (std::chrono::steady_clock::now() > until)
      throw Error("using an ssh key", mount.keys.front().string(), "ssh-agent does not start");
    ::usleep(5'000);
  }
  for (const fs::path& key : mount.keys) add_key(socket, key);
}

/// ssh-add refuses a key that others may read, and asks nobody for a passphrase.
void SshRelay::add_key(const fs::path& socket, const fs::path& key) const {
  const UniqueFd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw system_error("making", "a pipe");
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  ProcessSpec spec;
  spec.argv = {"ssh-add", "-q", key.string()};
  spec.environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "SSH_AUTH_SOCK=" + socket.string(),
                      "SSH_ASKPASS_REQUIRE=never", "HOME=/nonexistent"};
  spec.in = spec.out = nothing.get();
  spec.err = write_end.get();
  spec.own_session = true;
  const pid_t pid = start_process(spec);
  write_end.reset();
  std::string said = read_all(read_end.get(), "the messages of ssh-add", 4096);
  if (wait_process(pid).success()) return;
  while (!said.empty() && said.back() == '\n') said.pop_back();
  throw Error("using the ssh key", key.string(),
              "ssh-add does not take it" + (said.empty() ? "" : ": " + said),
              "a key with a passphrase needs an agent: ssh-add it, and build with --ssh default",
              ExitCode::usage);
}

}  // namespace trainyard::engine::native
