#pragma once

#include "build/build_session.hpp"
#include "build/repeated_files.hpp"

namespace trainyard::build {

/// Warns of a step whose layer only holds files of earlier layers once more, if that costs enough
/// to be worth a line: it is shipped and stored again.
void remark_on_repeated(BuildSession& session, const PlannedStep& step, const RepeatedBytes& bytes);

}  // namespace trainyard::build
