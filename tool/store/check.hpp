#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/job.hpp"
#include "store/store.hpp"

namespace trainyard::store {

/// Something in the store that is not as it must be.
struct Finding {
  std::string subject;  ///< "blob sha256:…", "run 1234abcd… (train_model)"
  std::string what;     ///< what is wrong with it
  std::string outcome;  ///< what was done, or what a person has to do
};

struct CheckReport {
  std::vector<Finding> findings;
  uint64_t blobs = 0;
  uint64_t bytes = 0;  ///< of the blobs, all read
  uint64_t trees = 0;
  uint64_t records = 0;
  uint64_t runs = 0;
  uint64_t images = 0;
};

enum class Mending { yes, no };

/// Reads everything that the store holds again: the digest of each blob, each layer tree against
/// its layer's digest, the seal of each record, and whether what records and images name is there.
/// With `yes` it mends what it can: a layer is written again from its tree or its tree removed to
/// be unpacked again, a damaged record or blob is removed so that the next build makes it anew, a
/// damaged list of images is written again from the manifests. Things that nobody names are no
/// finding: they are gc's. The caller holds the store's lock, as one who collects garbage does;
/// builds may go on beside it.
CheckReport check_store(const Store& store, JobRunner& runner, Mending mending);

}  // namespace trainyard::store
