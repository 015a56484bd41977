#include "engine/native/native_container.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/error.hpp"

namespace trainyard::engine::native {

namespace {

/// False at the end of the stream.
bool deliver(int fd, Stream stream, const OutputSink& sink) {
  std::array<char, 65536> buffer;
  const ssize_t n = ::read(fd, buffer.data(), buffer.size());
  if (n < 0) return errno == EINTR || errno == EAGAIN;
  if (n > 0 && sink) sink(stream, {buffer.data(), static_cast<size_t>(n)});
  return n > 0;
}

}  // namespace

NativeContainer::NativeContainer(Channel channel, UniqueFd out, UniqueFd err)
    : link_(std::move(channel)), out_(std::move(out)), err_(std::move(err)) {}

ContainerResult NativeContainer::wait(const OutputSink& sink) {
  std::optional<ContainerResult> result;
  std::array<pollfd, 3> polls{
      {{out_.get(), POLLIN, 0}, {err_.get(), POLLIN, 0}, {link_.fd(), POLLIN, 0}}};
  while (polls[0].fd >= 0 || polls[1].fd >= 0 || !result) {
    if (::poll(polls.data(), polls.size(), -1) < 0) {
      if (errno == EINTR) continue;
      throw system_error("waiting for", "the container");
    }
    if (polls[0].revents != 0 && !deliver(out_.get(), Stream::out, sink)) polls[0].fd = -1;
    if (polls[1].revents != 0 && !deliver(err_.get(), Stream::err, sink)) polls[1].fd = -1;
    if (polls[2].revents == 0) continue;
    result = link_.receive_result();
    polls[2].fd = -1;
    polls[2].revents = 0;
  }
  return *result;
}

}  // namespace trainyard::engine::native
