#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.hpp"

namespace trainyard::cli {

/// docker run's common options, as far as they say something about the container.
class ContainerOptions {
 public:
  void add_to(CLI::App& app);
  /// Applies them; throws usage errors that name the option.
  void apply(engine::ContainerSpec& spec) const;
  /// The entrypoint that was given, if any: it replaces the image's, and with it the image's Cmd.
  const std::optional<std::string>& entrypoint() const { return entrypoint_; }

 private:
  void apply_environment(engine::ContainerSpec& spec) const;
  void apply_mounts(engine::ContainerSpec& spec) const;
  void apply_limits(engine::ContainerSpec& spec) const;
  void apply_network(engine::ContainerSpec& spec) const;

  std::vector<std::string> volumes_, environment_, environment_files_, ports_, tmpfs_;
  std::string network_ = "host";
  std::string working_directory_, user_, hostname_, name_, memory_, cpus_, shm_size_, pids_,
      timeout_;
  std::optional<std::string> entrypoint_;
  bool interactive_ = false, terminal_ = false, remove_ = false, init_ = false;
};

/// Sets one variable in a list of "K=V", in place when it is there.
void set_variable(std::vector<std::string>& environment, const std::string& assignment);

}  // namespace trainyard::cli
