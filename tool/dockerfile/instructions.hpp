#pragma once

#include "dockerfile/dockerfile.hpp"
#include "dockerfile/instruction_reader.hpp"

namespace trainyard::dockerfile {

// Each reads one instruction whose keyword is already known, and throws source_error for what is
// wrong.

From parse_from(const InstructionReader& in);
Arg parse_arg(const InstructionReader& in);

Run parse_run(const InstructionReader& in);
Cmd parse_cmd(const InstructionReader& in);
Entrypoint parse_entrypoint(const InstructionReader& in);
Shell parse_shell(const InstructionReader& in);
HealthCheck parse_healthcheck(const InstructionReader& in);

Copy parse_copy(const InstructionReader& in);
Copy parse_add(const InstructionReader& in);

Env parse_env(const InstructionReader& in);
Label parse_label(const InstructionReader& in);
Workdir parse_workdir(const InstructionReader& in);
User parse_user(const InstructionReader& in);
Expose parse_expose(const InstructionReader& in);
Volume parse_volume(const InstructionReader& in);
StopSignal parse_stopsignal(const InstructionReader& in);
Maintainer parse_maintainer(const InstructionReader& in);
OnBuild parse_onbuild(const InstructionReader& in);

}  // namespace trainyard::dockerfile
