#pragma once

#include "base/job.hpp"
#include "oci/layer_tar.hpp"
#include "store/layer_trees.hpp"

namespace trainyard::store {

/// {tree, diff_id, is_own, blob, work} -> {whole, cause}: whether a tree is its layer's. `blob` is
/// the layer's, known to be whole, or empty. One of our `own` layers was written from its tree.
Json verify_job(const Json& request);

/// {trees} -> {sizes}: bytes on the disk of each tree. A file with several names, in other trees
/// too, counts for each with its part, so that sums are right.
Json measure_job(const Json& request);

}  // namespace trainyard::store
