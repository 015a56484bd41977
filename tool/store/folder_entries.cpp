#include "store/folder_entries.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/error.hpp"
#include "base/folder_listing.hpp"

namespace trainyard::store {

std::vector<fs::directory_entry> folder_entries(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::directory_entry> entries = entries_of(folder, error);
  if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory)
    throw system_error("reading folder", folder.string(), error.value());
  std::erase_if(entries, [](const fs::directory_entry& entry) {
    return entry.path().filename().native().starts_with('.');
  });
  std::sort(entries.begin(), entries.end());
  return entries;
}

bool is_gone(const fs::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

}  // namespace trainyard::store
