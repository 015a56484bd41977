#include "base/fingerprint.hpp"

// In the header's own form: no shared library to load for it.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdio>

namespace trainyard {

struct FingerprintStream::State {
  XXH3_state_t* xxh = XXH3_createState();
  ~State() { XXH3_freeState(xxh); }
};

std::string Fingerprint::hex() const {
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(high),
                static_cast<unsigned long long>(low));
  return text;
}

Fingerprint fingerprint(std::string_view data) {
  const XXH128_hash_t hash = XXH3_128bits(data.data(), data.size());
  return {hash.high64, hash.low64};
}

FingerprintStream::FingerprintStream() : state_(std::make_unique<State>()) {
  XXH3_128bits_reset(state_->xxh);
}
FingerprintStream::~FingerprintStream() = default;

void FingerprintStream::update(std::string_view data) {
  XXH3_128bits_update(state_->xxh, data.data(), data.size());
}

Fingerprint FingerprintStream::finish() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(state_->xxh);
  return {hash.high64, hash.low64};
}

}  // namespace trainyard
