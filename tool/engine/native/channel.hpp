#pragma once

#include <optional>
#include <vector>

#include "base/json.hpp"
#include "base/unique_fd.hpp"

namespace trainyard::engine::native {

/// One message: a value, and descriptors that travel with it.
struct Message {
  Json body;
  std::vector<UniqueFd> fds;
};

/// One end of a connected stream socket that carries messages both ways between the tool and a
/// child of its supervisor. On the wire: 8 bytes length (host order: both ends are one machine),
/// then CBOR, which unlike JSON text carries strings that are not UTF-8 (paths, arguments).
/// Descriptors come with the length. Not thread-safe in one direction: one sender and one receiver
/// at a time.
class Channel {
 public:
  explicit Channel(UniqueFd fd) : fd_(std::move(fd)) {}

  /// Throws Error when the other side has gone.
  void send(const Json& body, const std::vector<int>& fds = {});
  /// Nothing when the other side has gone (also in the middle of a message).
  std::optional<Message> receive();
  int fd() const { return fd_.get(); }

  /// Two connected ends.
  static std::pair<UniqueFd, UniqueFd> make_pair();

 private:
  UniqueFd fd_;
};

/// Sends one byte with `fd` over a SOCK_SEQPACKET socket; false when the other side has gone.
bool send_fd(int socket, int fd);
/// Receives what `send_fd` sent; nothing at the end.
std::optional<UniqueFd> receive_fd(int socket);

}  // namespace trainyard::engine::native
