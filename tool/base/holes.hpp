#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

#include "base/error.hpp"

namespace trainyard {

/// Holes cost nothing where they are made, and whoever reads them all the time of their length: a
/// file from anywhere may have this many bytes of them.
inline constexpr uint64_t k_most_hole_bytes = uint64_t{64} << 30;

/// Throws a usage error for a file with more.
inline void refuse_large_holes(const struct stat& status, const std::string& action,
                               const std::string& subject) {
  const auto size = static_cast<uint64_t>(status.st_size);
  const uint64_t held = static_cast<uint64_t>(status.st_blocks) * 512;
  if (size <= held || size - held <= k_most_hole_bytes) return;
  throw usage_error(action, subject,
                    "it is a sparse file with more than 64 GiB of holes, and they would be read",
                    "make it shorter (truncate --size), or leave it out");
}

}  // namespace trainyard
