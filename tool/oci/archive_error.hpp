#pragma once

#include <string>

#include "base/error.hpp"

struct archive;

namespace trainyard::oci {

/// Why libarchive failed at `action` on `name`: the system, where it could not read, as
/// system_error has it; else what it read, which is bad input that `hint` helps against.
Error archive_error(archive* reader, std::string action, std::string name, std::string hint);

}  // namespace trainyard::oci
