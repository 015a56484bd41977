#pragma once

#include "engine/engine.hpp"
#include "engine/native/container_link.hpp"

namespace trainyard::engine::native {

/// The tool's side of one container that was started, with its output in two pipes.
class NativeContainer : public Container {
 public:
  NativeContainer(Channel channel, UniqueFd out, UniqueFd err);
  void signal(int number) override { link_.signal(number); }
  ContainerResult wait(const OutputSink& sink) override;

 private:
  ContainerLink link_;
  UniqueFd out_, err_;
};

}  // namespace trainyard::engine::native
