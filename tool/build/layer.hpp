#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "oci/digest.hpp"

namespace trainyard::build {

/// What is known of a layer once its tar has been hashed.
struct StoredLayer {
  oci::Digest diff_id;
  uint64_t size = 0;  ///< bytes of the tar
};

/// A layer that is stored, or was made a moment ago and is being hashed beside the next step.
struct Layer {
  std::shared_future<StoredLayer> stored;
  int stage = -1;  ///< the step that made it; -1: it came with a base image
  int step = -1;

  /// Where its tree is; empty as long as nobody needed it (a fully cached build never asks).
  std::mutex mutex;
  fs::path tree;
};

/// The file system after a step: its layers, lowest first.
struct FileSystem {
  std::vector<std::shared_ptr<Layer>> layers;
  /// Absent while a layer is still being hashed. Empty text: no layers.
  std::optional<std::string> chain = std::string();

  /// Adds a layer whose diff-id is known.
  void push(const StoredLayer& stored, int stage, int step);
  /// Adds a layer that was just made.
  void push(std::shared_ptr<Layer> layer);
};

/// The chain-id; waits for layers that are being hashed, and throws what their hashing threw.
std::string wait_for_chain(const FileSystem& files);

}  // namespace trainyard::build
