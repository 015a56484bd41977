#pragma once

#include <functional>
#include <string>

#include "training/training_run.hpp"

namespace trainyard::training {

/// What is mounted or written at two places at once would hide one of them: `fail` is told the
/// member of the spec and what is wrong with it, and throws.
using FailMember = std::function<void(const char* member, const std::string& text)>;
void check_places(const RunSpec& spec, const FailMember& fail);

}  // namespace trainyard::training
