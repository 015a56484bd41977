#include "training/keeper_protocol.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "base/error.hpp"

namespace trainyard::training {

namespace {

constexpr size_t k_longest_message = 128 * 1024;
constexpr int k_backlog = 64;

/// The address of `socket` in a folder, by a path that is always short enough.
sockaddr_un address_in(int folder) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = "/proc/self/fd/" + std::to_string(folder) + "/socket";
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

UniqueFd open_folder(const fs::path& folder) {
  UniqueFd fd(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw system_error("opening run folder", folder.string());
  return fd;
}

UniqueFd new_socket(const fs::path& folder) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!fd) throw system_error("making a socket in", folder.string());
  return fd;
}

}  // namespace

UniqueFd listen_in(const fs::path& run_folder) {
  const UniqueFd folder = open_folder(run_folder);
  UniqueFd fd = new_socket(run_folder);
  ::unlinkat(folder.get(), "socket",
             0);  // of a keeper that was killed: the lock says that it is gone
  const sockaddr_un address = address_in(folder.get());
  // The mode of the descriptor before bind is the mode of the file: there is no moment at which
  // others may connect.
  if (::fchmod(fd.get(), 0600) != 0 ||
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::fchmodat(folder.get(), "socket", 0600, 0) != 0 || ::listen(fd.get(), k_backlog) != 0)
    throw system_error("listening on", (run_folder / "socket").string());
  return fd;
}

std::optional<UniqueFd> connect_in(const fs::path& run_folder) {
  const UniqueFd folder(::open(run_folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return std::nullopt;
  UniqueFd fd = new_socket(run_folder);
  const sockaddr_un address = address_in(folder.get());
  while (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == EINTR) continue;
    if (errno == ENOENT || errno == ECONNREFUSED || errno == ECONNRESET) return std::nullopt;
    throw system_error("connecting to", (run_folder / "socket").string());
  }
  if (!peer_is_own_user(fd.get()))
    throw Error("connecting to", (run_folder / "socket").string(), "it belongs to another user");
  return fd;
}

bool peer_is_own_user(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
}

bool send_message(int fd, const Json& message, Sending how) {
  const std::string text = dump_json(message);
  const int flags = MSG_NOSIGNAL | (how == Sending::if_possible ? MSG_DONTWAIT : 0);
  for (;;) {
    if (::send(fd, text.data(), text.size(), flags) >= 0) return true;
    if (errno != EINTR) return false;
  }
}

std::optional<Json> receive_message(int fd) {
  std::string buffer(k_longest_message, '\0');
  for (;;) {
    const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return std::nullopt;
    buffer.resize(static_cast<size_t>(n));
    Json json = parse_json(buffer, "a message on a run's socket");
    if (!json.is_object() || !json.contains("type") || !json.at("type").is_string())
      throw Error("reading", "a message on a run's socket", "it has no type");
    return json;
  }
}

}  // namespace trainyard::training
