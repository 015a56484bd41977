#pragma once

#include <string>
#include <vector>

#include "build/plan.hpp"
#include "oci/image_config.hpp"

namespace trainyard::build {

/// The texts of `created_by`, in the form that image tools know.

/// ["a" "b"]: the elements quoted, blanks between.
std::string bracket_list(const std::vector<std::string>& words);
/// [a b]: without quotes.
std::string plain_list(const std::vector<std::string>& words);
/// "HEALTHCHECK {Test:[CMD-SHELL true] Interval:1m30s Timeout:0s …}"
std::string health_check_history(const oci::Healthcheck& check);
/// "RUN |1 K=V /bin/sh -c command # buildkit"
std::string run_history(const std::vector<std::string>& arguments,
                        const std::vector<std::string>& argv);
/// "COPY a b /dst # buildkit"
std::string copy_history(const CopyStep& copy, const std::vector<std::string>& sources,
                         const std::string& destination);

}  // namespace trainyard::build
