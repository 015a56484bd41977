#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/contents.hpp"

namespace trainyard::store {

/// What may go.
struct GarbagePolicy {
  /// Used at this moment or later: kept.
  int64_t unused_since = 0;
  /// Go on, the longest unused first, until the store is no larger; nothing: all that may go.
  std::optional<uint64_t> keep_storage;
};

/// One thing that goes. Indices are into Contents.
struct GarbageItem {
  enum class Kind { image, run, failed_try, checkpoints, layer, blob, tree, cache };
  Kind kind;
  size_t index;
  int64_t used;
  uint64_t freed;  ///< bytes that nothing else needs
  std::string name;
};

/// Decides, and changes nothing. Kept are: images with a tag, of a living build tree, or open in a
/// container; runs of a living build tree or going on; caches that a step uses; the layers of kept
/// images; all layers and blobs while a listed image cannot be read; and what was used since
/// `unused_since`. Of several things the longest unused goes first; a layer counts as used when an
/// image that holds it was.
std::vector<GarbageItem> find_garbage(const Contents& contents, const GarbagePolicy& policy);

}  // namespace trainyard::store
