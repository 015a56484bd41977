#pragma once

#include <string>

#include "store/images.hpp"
#include "store/run_records.hpp"
#include "training/training_run.hpp"

namespace trainyard::training {

/// What a build tree takes for made can be gone from the store: after `rmi`, or with the store. A
/// build graph sees its own files alone; so whoever notices the loss removes the stamp beside the
/// file that names what is lost, and the next build makes it anew.

/// The image of a run. Throws Error when there is none; the stamp of an image that a digest file
/// names and the store has lost is removed then.
store::Image require_run_image(const store::Store& store, const RunSpec& spec);

/// How closely outputs are looked at: hashing them reads them whole.
enum class LookAt { sizes, content };

/// The record of a run that `result_file` names, all its outputs in the store. Throws Error when it
/// is gone or damaged, and removes the run's stamp then (and the image's, when that is gone too).
store::RunRecord require_finished_run(const store::Store& store, const RunSpec& spec,
                                      const fs::path& result_file, LookAt look);

}  // namespace trainyard::training
