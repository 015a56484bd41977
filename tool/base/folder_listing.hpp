#pragma once

#include <filesystem>
#include <system_error>
#include <vector>

namespace trainyard {

/// What a folder holds, in no order, as far as it can be read: `error` says why that was not all.
/// (A range-based loop over std::filesystem's iterator throws where it cannot go on.)
std::vector<std::filesystem::directory_entry> entries_of(const std::filesystem::path& folder,
                                                         std::error_code& error);

}  // namespace trainyard
