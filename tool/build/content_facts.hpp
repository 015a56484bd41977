#pragma once

#include <optional>
#include <string>
#include <vector>

#include "build/build_session.hpp"
#include "build/copy_filter.hpp"

namespace trainyard::build {

/// What `--from` selects in the layers with this chain-id is a fact of the store: once its digest
/// is known, nothing is mounted or read to learn it again. Nothing as long as nobody asked.
std::optional<std::string> find_content_fact(const BuildSession& session, const std::string& chain,
                                             const std::vector<std::string>& paths,
                                             const CopyFilter& filter);
void put_content_fact(const BuildSession& session, const std::string& chain,
                      const std::vector<std::string>& paths, const CopyFilter& filter,
                      const std::string& digest);

}  // namespace trainyard::build
