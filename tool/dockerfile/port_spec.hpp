#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace trainyard::dockerfile {

/// One word of EXPOSE: "80", "80/udp", "8000-8003/tcp". The form of `docker run -p`,
/// "[ip:]host:container/tcp", is read too, for Dockerfiles that have it: all but the container's
/// ports has no effect.
struct PortSpec {
  int first = 0, last = 0;
  std::string protocol;          ///< lower case; "tcp" when none was written
  std::string written_protocol;  ///< empty when none was written
  bool maps = false;             ///< an address or a port of the host stands in it
};

/// Nothing when it is not a port.
std::optional<PortSpec> parse_port(std::string_view word);

}  // namespace trainyard::dockerfile
