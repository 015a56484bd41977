#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/file.hpp"

namespace trainyard::build {

/// A file that a program opens by a path of its own and that no ELF object names.
struct DataFile {
  fs::path source;     ///< on this machine; of a link too
  std::string target;  ///< the same path in the image; empty for an ELF object named by itself
  std::string link;    ///< when not empty: it is a symbolic link to this
  bool is_elf = false;
};

struct DataFiles {
  std::vector<DataFile> files;  ///< sorted by target
  std::vector<fs::path> read;   ///< files and folders that were looked at
};

/// What an element of LIBRARIES stands for: a file, or every file below a folder. Below /usr, /etc
/// or /opt it keeps its path; elsewhere only ELF objects are allowed. Links stay links unless they
/// lead out of the folder to a file, which then takes their place; sockets and the like are passed
/// over. Throws a usage error for what is missing or would have no place.
DataFiles read_data(const fs::path& path);

/// Data of the C library that a program needs and that its imports give away.
struct DataNeeds {
  bool time_zones = false;  ///< it converts to local time
  bool locales = false;     ///< it chooses a locale
  DataNeeds& operator|=(const DataNeeds& other);
};
/// `imports` as read_elf_imports() gives them.
DataNeeds data_needs(const std::set<std::string>& imports);

/// /usr/share/zoneinfo without its two copies for other ways of counting seconds (posix, right) and
/// without this machine's own zone (localtime): about 650 kB. No files where none are installed.
DataFiles read_time_zones();
/// The locale C.UTF-8, about 400 kB; other ones are named in LIBRARIES.
DataFiles read_locales();

}  // namespace trainyard::build
