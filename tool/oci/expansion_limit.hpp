#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/error.hpp"

namespace trainyard::oci {

/// What may come out of a compressed archive: anything up to 256 MiB, beyond that 200 times the
/// compressed bytes. gzip reaches 1030, bzip2, xz and zstd much more, with content that is made for
/// it; logs and source text reach 20. A plain tar has no limit: whoever brings it has the bytes.
class ExpansionLimit {
 public:
  static constexpr uint64_t k_free_bytes = uint64_t{256} << 20;
  static constexpr uint64_t k_ratio = 200;

  /// `compressed` bytes of the archive called `name`.
  ExpansionLimit(uint64_t compressed, std::string name)
      : most_(compressed > UINT64_MAX / k_ratio ? UINT64_MAX
                                                : std::max(k_free_bytes, compressed * k_ratio)),
        name_(std::move(name)) {}

  /// Throws a usage error when `bytes` have come out.
  void check(uint64_t bytes) const {
    if (bytes <= most_) return;
    throw usage_error("decompressing", name_,
                      "more than " + std::to_string(most_ >> 20) + " MiB come out of it, over " +
                          std::to_string(k_ratio) +
                          " times its size: it looks like a decompression bomb",
                      "when it is what you want, decompress it yourself and give the plain tar");
  }

 private:
  uint64_t most_;
  std::string name_;
};

}  // namespace trainyard::oci
