#pragma once

#include <string>
#include <vector>

#include "build/plan.hpp"
#include "build/stage_state.hpp"
#include "dockerfile/dockerfile.hpp"

namespace trainyard::build {

/// A COPY or ADD with its variables expanded; where `--from` leads is the planner's.
struct CopyPlan {
  CopyStep step;
  std::string history;
};

/// Throws source errors.
CopyPlan plan_copy(const dockerfile::Dockerfile& source, const StageState& state,
                   const dockerfile::Copy& copy);

}  // namespace trainyard::build
