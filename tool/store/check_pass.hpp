#pragma once

#include <functional>
#include <set>

#include "store/check.hpp"

namespace trainyard::store {

/// What the parts of check_store() share. Each part reads one kind of thing.
struct CheckPass {
  const Store& store;
  JobRunner& runner;
  Mending mending;
  CheckReport report;
  std::set<oci::Digest> lost;  ///< blobs that are damaged and lie there still

  /// Adds a finding. `mend` says what it did, or throws why it could not; without mending,
  /// `otherwise` says what to do.
  void found(const std::string& subject, const std::string& what,
             const std::function<std::string()>& mend, const std::string& otherwise);
  /// Adds one that only a person can mend.
  void found(const std::string& subject, const std::string& what, const std::string& outcome);
};

/// blobs/: content against names, every byte.
void check_blobs(CheckPass& pass);
/// diffs/ and layers/: each linked tree against its layer.
void check_trees(CheckPass& pass);
/// steps/, boots/, roots/, fingerprints/: seals.
void check_records(CheckPass& pass);
/// runs/: seals, and that the outputs are there.
void check_runs(CheckPass& pass);
/// index.json, and that each image is whole.
void check_images(CheckPass& pass);

}  // namespace trainyard::store
