#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "training/run_verification.hpp"

namespace trainyard::report {

/// What may make a run come out differently though its key holds: what it or its image took from
/// the network, names that may move, no seed, another machine. Only what is known for certain, a
/// line each; `provenance` as provenance_of gives it, `machine` is this one.
std::vector<std::string> unpinned(const Json& provenance, const Json& machine);

std::string run_verification_text(const training::RunVerification& verification,
                                  const std::vector<std::string>& unpinned);
Json run_verification_json(const training::RunVerification& verification,
                           const std::vector<std::string>& unpinned);

}  // namespace trainyard::report
