#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/fingerprint.hpp"

namespace trainyard::build {

/// What a file's data must be.
struct ExpectedData {
  uint64_t size = 0;
  std::optional<Fingerprint> xxh3;  ///< what it was when it was hashed; nothing: not checked
};

/// Copies all data of `in` to `out`. Where nothing is checked the kernel moves it, and shares it
/// where the file system can. `target` is what the new file is called in messages. Throws Error
/// naming `source` when it is not what was expected.
void copy_data(int in, int out, const std::string& source, const std::string& target,
               const ExpectedData& expected);

}  // namespace trainyard::build
