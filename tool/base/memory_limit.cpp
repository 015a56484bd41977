#include "base/memory_limit.hpp"

#include <sys/resource.h>

#include <algorithm>

#include "base/error.hpp"

namespace trainyard {

namespace {

#ifdef TRAINYARD_WITHOUT_MEMORY_LIMIT
constexpr bool k_limited = false;
#else
constexpr bool k_limited = true;
#endif

rlimit limit_of_data() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_DATA, &limit) != 0) throw system_error("reading", "the limit of memory");
  return limit;
}

}  // namespace

MemoryLimit::MemoryLimit(uint64_t bytes) {
  rlimit limit = limit_of_data();
  before_ = limit.rlim_cur;
  if (k_limited) limit.rlim_cur = std::min<rlim_t>(limit.rlim_cur, bytes);
  if (::setrlimit(RLIMIT_DATA, &limit) != 0) throw system_error("setting", "the limit of memory");
}

MemoryLimit::~MemoryLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_DATA, &limit) != 0) return;
  limit.rlim_cur = before_;
  ::setrlimit(RLIMIT_DATA, &limit);
}

}  // namespace trainyard
