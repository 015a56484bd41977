#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/garbage.hpp"

namespace trainyard::store {

/// Something that gc leaves, and what protects it.
struct KeptItem {
  std::string name;
  uint64_t size = 0;  ///< bytes; of an image with its layers, which others may have too
  int64_t used = 0;
  /// "tag trainer", "target train@/build", "open in a container", "going on", "a step uses it";
  /// none: it was used lately, or --keep-storage is held without it.
  std::vector<std::string> reasons;
};

/// Images, runs, failed tries, caches, and layers of no image, that are not among `garbage`; the
/// largest first.
std::vector<KeptItem> find_kept(const Contents& contents, const std::vector<GarbageItem>& garbage);

}  // namespace trainyard::store
