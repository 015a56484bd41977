#include "engine/engine.hpp"

namespace trainyard::engine {

CommandNotExecutable::CommandNotExecutable(int exit_code, const std::string& command,
                                           const std::string& cause, const std::string& hint)
    : Error("running", command, cause + " (exit code " + std::to_string(exit_code) + ")", hint,
            ExitCode::failed),
      exit_code_(exit_code) {}

}  // namespace trainyard::engine
