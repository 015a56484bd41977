#pragma once

#include "training/run_plan.hpp"

namespace trainyard::training {

/// Reads the inputs of a run into its plan, and notes the files read and the folders walked.
/// Patterns of one folder become one input. Throws usage errors: an input that is not there, a
/// pattern that nothing matches, with what is near it.
void plan_inputs(const store::Store& store, const RunSpec& spec, PlannedRun& planned);

}  // namespace trainyard::training
