#pragma once

#include <functional>
#include <string>

#include "store/store.hpp"
#include "training/run_plan.hpp"

namespace trainyard::training {

/// EXTENDS: a run that differs from a finished one by a larger value of one parameter alone may
/// begin with that one's checkpoints. What comes of it is kept under a key of its own, made of the
/// identity and the member "extends", so nobody takes it for a result from scratch; a result from
/// scratch serves a run with EXTENDS as well.
///
/// Of the plan, whose key is that of the run from scratch, this changes identity, key and ancestor
/// when the other key is the one to look for: there is a record under it or a try that was
/// interrupted, and none from scratch; or there is an ancestor with checkpoints (that with the
/// largest value).
///
/// `identity_at` is the run's identity with another value of the parameter.
void extend(const store::Store& store, const std::string& parameter, RunPlan& plan,
            const std::function<Json(const std::string& value)>& identity_at);

}  // namespace trainyard::training
