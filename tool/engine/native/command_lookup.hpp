#pragma once

#include <string>
#include <vector>

#include "engine/native/container_root.hpp"

namespace trainyard::engine::native {

/// Makes sure before the start that `command` can be executed in `root`, so that the error is ours
/// and the same with every runtime: without a slash it is looked up in the PATH of `environment`,
/// else it counts from `working_directory`. Throws CommandNotExecutable: 127 when it, or the
/// interpreter that it names, is not there, 126 when it is there but cannot be executed.
void check_command(const ContainerRoot& root, const std::string& command,
                   const std::vector<std::string>& environment,
                   const std::string& working_directory);

}  // namespace trainyard::engine::native
