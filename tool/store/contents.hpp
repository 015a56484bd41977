#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/job.hpp"
#include "store/store.hpp"

namespace trainyard::store {

/// Everything that a store holds, with what protects it and when it was used last: what `df` shows
/// and `gc` decides upon. Times are nanoseconds since 1970, sizes bytes on the disk.
struct Contents {
  struct Blob {
    oci::Digest digest;
    uint64_t size = 0;
  };
  struct StoredImage {
    oci::Digest digest;
    std::vector<std::string> tags;
    std::vector<std::string> targets;  ///< "target@build-dir" of living build trees
    bool running = false;              ///< a container has it open
    int64_t used = 0;
    std::vector<Blob> own;  ///< manifest and configuration
    std::vector<oci::Digest> layers;
    bool is_protected() const { return !tags.empty() || !targets.empty() || running; }
  };
  struct StoredRun {
    std::string key;
    std::string target;                ///< empty for one that never ended well
    std::vector<std::string> targets;  ///< as for images
    bool finished = false;             ///< there is a record
    bool going_on = false;             ///< its keeper lives, or a shell has it open
    int64_t used = 0;
    std::vector<Blob> outputs;
    uint64_t folder = 0;  ///< record, log, specification
    uint64_t failed = 0;  ///< the working folder of a failed try, kept for `shell`
    int64_t failed_at = 0;
    uint64_t checkpoints = 0;
    bool is_protected() const { return !targets.empty() || going_on; }
  };
  struct StoredLayer {
    oci::Digest diff_id;
    std::string tree;  ///< id; empty when there is none
    uint64_t blob_size = 0;
    uint64_t tree_size = 0;
    int64_t used = 0;               ///< by a step or as a part of an image
    std::vector<fs::path> records;  ///< of the steps that made it
  };
  struct Cache {
    std::string name;  ///< of its folder
    std::string id;    ///< as a Dockerfile has it
    uint64_t size = 0;
    int64_t used = 0;
    bool in_use = false;  ///< by a step, now
  };
  struct Unnamed {
    fs::path path;
    uint64_t size = 0;
    int64_t used = 0;
  };

  /// The oldest visit when the reading began: who came and left since then may have used what looks
  /// unused here.
  int64_t in_use_since = 0;
  std::vector<StoredImage> images;
  /// Listed images that cannot be read: nobody knows which layers and blobs are theirs.
  std::vector<oci::Digest> damaged_images;
  std::vector<StoredRun> runs;
  std::vector<StoredLayer> layers;
  std::vector<Cache> caches;
  std::vector<Unnamed> blobs;  ///< that nothing names
  std::vector<Unnamed> trees;  ///< that no layer links to
  /// Of steps without a layer, facts, fingerprints, and of build trees that are gone with what they
  /// used.
  std::vector<Unnamed> old_records;
  uint64_t records = 0;  ///< bytes of steps/, fingerprints/, roots/, boots/
  size_t record_count = 0;
  uint64_t work = 0;  ///< bytes in tmp/
  size_t work_count = 0;

  uint64_t total() const;
};

/// Reads it. Layer trees are measured inside the namespaces.
Contents read_contents(const Store& store, JobRunner& runner);

}  // namespace trainyard::store
