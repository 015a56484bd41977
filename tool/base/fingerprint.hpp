#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace trainyard {

/// XXH3-128: answers "has it changed?" on this machine. It never enters a key and never leaves the
/// store (docs/ARCHITECTURE.md, decision 7).
struct Fingerprint {
  uint64_t high = 0;
  uint64_t low = 0;
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
  /// 32 lower-case hexadecimal digits.
  std::string hex() const;
};

Fingerprint fingerprint(std::string_view data);

class FingerprintStream {
 public:
  FingerprintStream();
  ~FingerprintStream();
  FingerprintStream(const FingerprintStream&) = delete;
  FingerprintStream& operator=(const FingerprintStream&) = delete;
  void update(std::string_view data);
  Fingerprint finish() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace trainyard
