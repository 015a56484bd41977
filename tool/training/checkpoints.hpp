#pragma once

#include <optional>
#include <string>

#include "base/job.hpp"
#include "store/store.hpp"
#include "training/run_plan.hpp"

namespace trainyard::training {

/// `runs/<kk>/<key>/checkpoints/`: the folder that CHECKPOINTS names, mounted at its place. It
/// stays however a try ends, and the next try finds what the last one wrote. Beside it `ancestor`:
/// the key of the run whose checkpoints it began with (EXTENDS), if any.
fs::path checkpoint_folder(const store::Store& store, const std::string& key);

/// Whether a try of this run would continue something.
bool has_checkpoints(const store::Store& store, const std::string& key);

/// Of a run that has begun with the checkpoints of another one: that one's key.
std::optional<std::string> find_ancestor(const store::Store& store, const std::string& key);

/// Makes the folder ready for a try: empty when the plan says `from_scratch`; with a copy of the
/// ancestor's when the plan has one and the run none of its own. `temporary` is a folder on the
/// store's file system. Returns false, and leaves the folder empty, when the ancestor's are gone.
bool prepare_checkpoints(const store::Store& store, JobRunner& runner, const RunPlan& plan,
                         const fs::path& temporary);

/// This file's jobs: "training.copy_checkpoints".
JobTable checkpoint_jobs();

}  // namespace trainyard::training
