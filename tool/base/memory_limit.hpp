#pragma once

#include <cstdint>

namespace trainyard {

/// While it lives, this process's private memory cannot grow over `bytes`: allocations fail then
/// (std::bad_alloc; libraries report it in their own way). For work on archives from anywhere,
/// whose headers may ask for dictionaries and tables of any size. A build with sanitizers has no
/// such limit.
class MemoryLimit {
 public:
  static constexpr uint64_t k_for_archives = uint64_t{208} << 20;

  explicit MemoryLimit(uint64_t bytes = k_for_archives);
  ~MemoryLimit();
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;

 private:
  uint64_t before_;
};

}  // namespace trainyard
