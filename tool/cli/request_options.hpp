#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "build/build_image.hpp"

namespace trainyard::cli {

/// What the commands that read a Dockerfile (build, lint) take alike: docker's words for it.
class RequestOptions {
 public:
  void add_to(CLI::App& app);
  /// Fills in stage, arguments, named contexts and platform; throws usage errors. A bare K of
  /// `--build-arg` stands for the environment's; one that the environment does not have is left
  /// out, so that the ARG keeps its default.
  void apply(build::BuildRequest& request) const;
  /// As `--file` has it: a path, "-" for standard input, or empty.
  const std::string& file() const { return file_; }

 private:
  std::string file_, target_, platform_;
  std::vector<std::string> build_args_, build_contexts_;
};

/// Splits "K=V" of an option; throws a usage error that names the option and the form.
std::pair<std::string, std::string> split_assignment(const std::string& text,
                                                     const std::string& option,
                                                     const std::string& form = "name=value");

}  // namespace trainyard::cli
