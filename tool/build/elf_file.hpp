#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/file.hpp"

namespace trainyard::build {

/// What the dynamic loader reads of an ELF object (elf(5), System V gABI chapters 4 and 5): found
/// through the program headers alone, so stripped files and files without section headers do.
struct ElfFile {
  fs::path path;                       ///< as it was opened
  std::pair<dev_t, ino_t> identity;    ///< the loader's own notion of "the same file"
  unsigned char elf_class = 0;         ///< ELFCLASS32, ELFCLASS64
  unsigned char byte_order = 0;        ///< ELFDATA2LSB, ELFDATA2MSB
  uint16_t machine = 0;                ///< EM_X86_64, …
  uint16_t type = 0;                   ///< ET_EXEC, ET_DYN, …
  std::string interpreter;             ///< PT_INTERP; empty for static executables and libraries
  std::string soname;                  ///< DT_SONAME or empty
  std::vector<std::string> needed;     ///< DT_NEEDED, in their order
  std::optional<std::string> rpath;    ///< DT_RPATH; absent when there is a DT_RUNPATH (it wins)
  std::optional<std::string> runpath;  ///< DT_RUNPATH
  bool no_default_folders = false;     ///< DF_1_NODEFLIB (-z nodefaultlib)
  bool is_executable = false;          ///< ET_EXEC, or ET_DYN with a loader or with DF_1_PIE

  /// Whether one process can hold both.
  bool fits(const ElfFile& other) const {
    return elf_class == other.elf_class && byte_order == other.byte_order &&
           machine == other.machine;
  }
};

/// Reads `path`, which may be hostile: nothing is read outside of the file, and no size in it is
/// believed. An object of the other byte order is given with its identity only. Throws a usage
/// error for a file that is not ELF (a script is named as such) or is damaged.
ElfFile read_elf(const fs::path& path);

}  // namespace trainyard::build
