#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "dockerfile/dockerfile.hpp"
#include "oci/descriptor.hpp"

namespace trainyard::build {

/// Where the values of ARGs come from: --build-arg, ARGs before the first FROM, the platform's own.
class BuildArguments {
 public:
  /// Evaluates the global ARGs in order; throws source errors. `platform` is the image's; this
  /// machine's is the build's.
  BuildArguments(const dockerfile::Dockerfile& source,
                 const std::vector<std::pair<std::string, std::string>>& given,
                 const oci::Platform& platform, const std::string& target_stage);

  /// In FROM: global ARGs (with --build-arg over their defaults) and the platform's.
  std::optional<std::string> global(std::string_view name) const;
  /// For `ARG name` or `ARG name=default` in a stage: --build-arg, else the default, else the
  /// global one.
  std::optional<std::string> declared(const std::string& name,
                                      const std::optional<std::string>& fallback) const;
  /// The proxy variables of RUN, "K=V": from --build-arg, else from this process's environment.
  std::vector<std::string> proxies() const;
  /// The value of a --build-arg.
  std::optional<std::string> given(const std::string& name) const;
  /// Given but never declared anywhere.
  std::vector<std::string> unused(const dockerfile::Dockerfile& source) const;

 private:
  std::map<std::string, std::string> given_;
  std::map<std::string, std::string> global_;
};

}  // namespace trainyard::build
