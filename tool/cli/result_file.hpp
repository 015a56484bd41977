#pragma once

#include <string>

#include "base/file.hpp"
#include "store/run_records.hpp"

namespace trainyard::cli {

/// `<name>.result` in a build tree: the run's key and the digest of its outputs, one a line. Left
/// alone when it would say the same, so that what depends on it is not made again.
void write_result_file(const fs::path& file, const store::RunRecord& record);
/// The key; throws Error when there is no such file, with a hint to build the run.
std::string key_of_result_file(const fs::path& file);

}  // namespace trainyard::cli
