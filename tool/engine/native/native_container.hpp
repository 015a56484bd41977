#pragma once

#include <mutex>

#include "engine/engine.hpp"
#include "engine/native/channel.hpp"

namespace trainyard::engine::native {

/// The tool's side of one container that was started.
class NativeContainer : public Container {
 public:
  /// `channel` belongs to its job (container_job.hpp); `out` and `err` are what it writes to.
  NativeContainer(Channel channel, UniqueFd out, UniqueFd err);
  ~NativeContainer() override;
  void signal(int number) override;
  ContainerResult wait(const OutputSink& sink) override;

 private:
  Channel channel_;
  UniqueFd out_, err_;
  std::mutex sending_;
};

}  // namespace trainyard::engine::native
