#pragma once

#include "training/training_run.hpp"

namespace trainyard::cli {

/// With TRAINYARD_CONFIRM_ABOVE=2h: before a training starts again whose last run took longer, asks
/// on a terminal. Throws Error(failed) when the answer is no, and, where nobody can be asked, with
/// the line to type. What is in the store, or is going on, needs no question.
void confirm_training(const store::Store& store, const training::RunSpec& spec);

}  // namespace trainyard::cli
