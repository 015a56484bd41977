#pragma once

#include <string>

#include "engine/native/helper_process.hpp"

namespace trainyard::engine::native {

/// A network namespace of one container's own with a way to the outside (Network::private_), made
/// by slirp4netns in user space: no privilege over the machine's network, and nothing of the
/// machine's loopback is reachable.
class PrivateNetwork {
 public:
  /// Throws Error(machine) when slirp4netns is missing or fails.
  PrivateNetwork();

  /// A path of the namespace for `linux.namespaces`.
  std::string namespace_path() const {
    return "/proc/" + std::to_string(holder_.pid()) + "/ns/net";
  }
  /// The name server that slirp4netns offers there.
  static constexpr const char* k_name_server = "10.0.2.3";

 private:
  void start_slirp(const std::string& program);

  HelperProcess holder_;  ///< does nothing but hold the namespace
  HelperProcess slirp_;   ///< ended first
};

}  // namespace trainyard::engine::native
