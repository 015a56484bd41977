#pragma once

#include <mutex>

#include "engine/engine.hpp"
#include "engine/native/channel.hpp"

namespace trainyard::engine::native {

/// The tool's end of a container job's channel (container_job.hpp). Its end kills the container.
class ContainerLink {
 public:
  explicit ContainerLink(Channel channel) : channel_(std::move(channel)) {}
  /// Returns when the container is gone.
  ~ContainerLink();
  ContainerLink(const ContainerLink&) = delete;
  ContainerLink& operator=(const ContainerLink&) = delete;

  /// Thread-safe; without effect when the container has ended.
  void signal(int number);
  /// Readable when the result is there. The job may still tidy up then (Engine::settle).
  int fd() const { return channel_.fd(); }
  /// Throws what went wrong on the other side.
  ContainerResult receive_result();

 private:
  Channel channel_;
  bool ended_ = false;
  std::mutex sending_;
};

}  // namespace trainyard::engine::native
