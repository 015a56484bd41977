#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "properties.hpp"

// libFuzzer's way in: build/fuzz/tests/fuzz/fuzz_dockerfile tests/fuzz/corpus/dockerfile

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  bool accepted = false;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto broken = fuzz::broken_by_dockerfile(text, accepted)) {
    std::fprintf(stderr, "%s\n", broken->c_str());
    std::abort();
  }
  return 0;
}
