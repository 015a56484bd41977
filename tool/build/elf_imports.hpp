#pragma once

#include <set>
#include <string>

#include "build/elf_file.hpp"

namespace trainyard::build {

/// Names of the symbols that the ELF object at `path` takes from other objects: those that its
/// relocations refer to and that it does not define. Relocations and not the whole symbol table,
/// because neither program headers nor an empty DT_GNU_HASH say how long that is. Empty for
/// static executables and objects of the other byte order. The file may be hostile, as for
/// read_elf(); throws a usage error when it is damaged.
std::set<std::string> read_elf_imports(const fs::path& path);

}  // namespace trainyard::build
