#pragma once

#include <sys/types.h>

#include <string>

#include "base/unique_fd.hpp"

namespace trainyard::engine::native {

/// A network namespace of one container's own with a way to the outside (Network::private_), made
/// by slirp4netns in user space: no privilege over the machine's network, and nothing of the
/// machine's loopback is reachable.
class PrivateNetwork {
 public:
  /// Throws Error(machine) when slirp4netns is missing or fails.
  PrivateNetwork();
  ~PrivateNetwork();
  PrivateNetwork(const PrivateNetwork&) = delete;
  PrivateNetwork& operator=(const PrivateNetwork&) = delete;

  /// A path of the namespace for `linux.namespaces`.
  std::string namespace_path() const { return "/proc/" + std::to_string(holder_) + "/ns/net"; }
  /// The name server that slirp4netns offers there.
  static constexpr const char* k_name_server = "10.0.2.3";

 private:
  void start_slirp(const std::string& program);

  pid_t holder_ = -1;  ///< a process that does nothing but hold the namespace
  pid_t slirp_ = -1;
};

}  // namespace trainyard::engine::native
