#include "store/folder_entries.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/error.hpp"

namespace trainyard::store {

std::vector<fs::directory_entry> folder_entries(const fs::path& folder) {
  std::vector<fs::directory_entry> entries;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (!it->path().filename().native().starts_with('.')) entries.push_back(*it);
  if (error && error != std::errc::no_such_file_or_directory &&
      error != std::errc::not_a_directory)
    throw system_error("reading folder", folder.string(), error.value());
  std::sort(entries.begin(), entries.end());
  return entries;
}

bool is_gone(const fs::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

}  // namespace trainyard::store
