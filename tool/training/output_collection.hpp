#pragma once

#include <string>
#include <vector>

#include "base/job.hpp"
#include "store/run_records.hpp"
#include "store/store.hpp"
#include "training/run_plan.hpp"

namespace trainyard::training {

struct CollectedOutputs {
  std::vector<store::Output> outputs;
  std::vector<std::string>
      undeclared;  ///< what else was written, the first of it: see is_leaving()
};

/// What commands leave behind without being asked, wherever it lies: `__pycache__`, `*.pyc`, `*~`,
/// and names that begin with a dot (`.cache`, `.ipynb_checkpoints`, `.nfs…`).
bool is_leaving(const std::string& name);

/// Takes the declared outputs out of a try's scratch folder into the store's blobs, by the job
/// "training.collect": inside the namespaces, because the container's user may own the files. Every
/// file is hashed while it is copied, fsynced and renamed into place; blobs belong to the caller.
/// No symbolic link leads out of the scratch, and one in an output folder is kept as a link.
/// `temporary` is a folder on the store's file system.
///
/// Throws Error(failed) naming an output that was not written, and what is there instead.
CollectedOutputs collect_outputs(const store::Store& store, JobRunner& runner, const RunPlan& plan,
                                 const fs::path& scratch, const fs::path& temporary);

/// Moves the scratch of a failed try to `destination`; what was there goes to `trash` (not existing
/// yet).
void keep_failed_scratch(JobRunner& runner, const fs::path& scratch, const fs::path& destination,
                         const fs::path& trash);

/// This file's jobs: "training.collect", "training.keep_failed".
JobTable collection_jobs();

}  // namespace trainyard::training
