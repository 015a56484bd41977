#include "engine/native/channel.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "base/error.hpp"
#include "base/file.hpp"

namespace trainyard::engine::native {

namespace {

constexpr size_t k_max_fds = 4;
constexpr uint64_t k_max_message = uint64_t{1} << 31;  // a guard against nonsense, not a budget

struct alignas(cmsghdr) ControlBuffer {
  char bytes[CMSG_SPACE(sizeof(int) * k_max_fds)] = {};
};

ssize_t send_with_fds(int socket, const void* data, size_t size, const std::vector<int>& fds) {
  iovec part{const_cast<void*>(data), size};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  ControlBuffer control;
  if (!fds.empty()) {
    header.msg_control = control.bytes;
    header.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
    cmsghdr* cmsg = CMSG_FIRSTHDR(&header);
    cmsg->cmsg_level = SOL_SOCKET;
    cmsg->cmsg_type = SCM_RIGHTS;
    cmsg->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
    std::memcpy(CMSG_DATA(cmsg), fds.data(), sizeof(int) * fds.size());
  }
  ssize_t n = 0;
  while ((n = ::sendmsg(socket, &header, MSG_NOSIGNAL)) < 0 && errno == EINTR) {
  }
  return n;
}

ssize_t receive_with_fds(int socket, void* data, size_t size, std::vector<UniqueFd>& fds) {
  iovec part{data, size};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  ControlBuffer control;
  header.msg_control = control.bytes;
  header.msg_controllen = sizeof control.bytes;
  ssize_t n = 0;
  while ((n = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
  }
  if (n < 0) return n;
  for (cmsghdr* cmsg = CMSG_FIRSTHDR(&header); cmsg != nullptr; cmsg = CMSG_NXTHDR(&header, cmsg)) {
    if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int), sizeof fd);
      fds.emplace_back(fd);
    }
  }
  return n;
}

}  // namespace

void Channel::send(const Json& body, const std::vector<int>& fds) {
  const std::vector<uint8_t> payload = Json::to_cbor(body);
  const uint64_t length = payload.size();
  const auto gone = [] {
    return system_error("sending a message to", "the other side of the native engine");
  };
  if (send_with_fds(fd(), &length, sizeof length, fds) != sizeof length) throw gone();
  for (size_t done = 0; done < payload.size();) {
    const ssize_t n = send_with_fds(fd(), payload.data() + done, payload.size() - done, {});
    if (n < 0) throw gone();
    done += static_cast<size_t>(n);
  }
}

std::optional<Message> Channel::receive() {
  Message message;
  uint64_t length = 0;
  for (size_t done = 0; done < sizeof length;) {
    const ssize_t n = receive_with_fds(fd(), reinterpret_cast<char*>(&length) + done,
                                       sizeof length - done, message.fds);
    if (n <= 0) return std::nullopt;
    done += static_cast<size_t>(n);
  }
  if (length > k_max_message) return std::nullopt;
  std::vector<uint8_t> payload(length);
  for (size_t done = 0; done < length;) {
    const ssize_t n = ::recv(fd(), payload.data() + done, length - done, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return std::nullopt;
    done += static_cast<size_t>(n);
  }
  message.body = Json::from_cbor(payload);
  return message;
}

std::pair<UniqueFd, UniqueFd> Channel::make_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    throw system_error("making", "a socket pair");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

bool send_fd(int socket, int fd) {
  const char byte = 1;
  return send_with_fds(socket, &byte, 1, {fd}) == 1;
}

std::optional<UniqueFd> receive_fd(int socket) {
  char byte = 0;
  std::vector<UniqueFd> fds;
  if (receive_with_fds(socket, &byte, 1, fds) <= 0 || fds.empty()) return std::nullopt;
  return std::move(fds.front());
}

}  // namespace trainyard::engine::native
