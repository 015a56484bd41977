#pragma once

#include "dockerfile/dockerfile.hpp"
#include "dockerfile/instruction_reader.hpp"

namespace trainyard::dockerfile {

/// Takes the value of a --device flag apart: `NAME[,required[=BOOL]]` or `name=NAME[,…]`, as
/// BuildKit has it, without variables. Throws source errors.
DeviceFlag parse_device_flag(const InstructionReader& in, const Flag& flag);

}  // namespace trainyard::dockerfile
