#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "build/build_image.hpp"
#include "cli/request_options.hpp"

namespace trainyard::cli {

/// docker build's options, as far as they say what is built and how its steps run.
class BuildOptions {
 public:
  void add_to(CLI::App& app);
  /// Throws usage errors that name the option.
  void apply(build::BuildRequest& request) const;
  const std::string& file() const { return common_.file(); }

 private:
  RequestOptions common_;
  std::vector<std::string> tags_, secrets_, ssh_agents_, allowed_, labels_, hosts_, uncached_,
      squashed_;
  std::string network_, shm_size_;
  bool no_cache_ = false, keep_modes_ = false;
};

}  // namespace trainyard::cli
