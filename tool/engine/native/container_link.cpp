#include "engine/native/container_link.hpp"

#include <sys/socket.h>

#include "base/error.hpp"
#include "engine/native/error_wire.hpp"
#include "engine/native/spec_wire.hpp"

namespace trainyard::engine::native {

ContainerLink::~ContainerLink() {
  if (ended_) return;
  ::shutdown(channel_.fd(), SHUT_WR);  // the job kills the container ...
  try {
    while (channel_.receive()) {  // ... and ends when it is gone
    }
  } catch (const std::exception&) {
    // A message that cannot be read tells no more than none.
  }
}

void ContainerLink::signal(int number) {
  const std::lock_guard lock(sending_);
  try {
    channel_.send({{"signal", number}});
  } catch (const Error&) {
    // It has ended: there is nobody left to signal.
  }
}

ContainerResult ContainerLink::receive_result() {
  const std::optional<Message> message = channel_.receive();
  if (!message)
    throw Error("waiting for", "the container", "the supervisor of the native engine has ended",
                "was it killed? Nothing of it is left; run the command again");
  if (message->body.contains("error")) throw_error_of(message->body.at("error"));
  ended_ = true;
  return result_from_json(message->body.at("ended"));
}

}  // namespace trainyard::engine::native
