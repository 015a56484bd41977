#pragma once

#include <string>
#include <vector>

namespace trainyard {

/// The words that begin a call of the program git: not for a repository in which the caller stands,
/// as in a hook, but for the one that is named; its messages in English; and nobody is asked for
/// anything. `variables` ("K=V") are set besides. Options and subcommand come behind.
std::vector<std::string> git_command(const std::vector<std::string>& variables = {});

}  // namespace trainyard
