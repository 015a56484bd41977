#pragma once

#include <string>
#include <vector>

#include "build/plan.hpp"

namespace trainyard::build {

/// The texts of `created_by`, in the form that image tools know.

/// ["a" "b"]: the elements quoted, blanks between.
std::string bracket_list(const std::vector<std::string>& words);
/// "RUN |1 K=V /bin/sh -c command # buildkit"
std::string run_history(const std::vector<std::string>& arguments,
                        const std::vector<std::string>& argv);
/// "COPY a b /dst # buildkit"
std::string copy_history(const CopyStep& copy, const std::vector<std::string>& sources,
                         const std::string& destination);

}  // namespace trainyard::build
