#include "store/trash.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"
#include "base/fingerprint.hpp"
#include "store/last_use.hpp"

namespace trainyard::store {

fs::path Trash::place_of(const fs::path& file) const {
  return folder_ / ("trash-" + fingerprint(file.string()).hex());
}

bool Trash::take(const fs::path& file) const {
  if (::rename(file.c_str(), place_of(file).c_str()) == 0) return true;
  if (errno == ENOENT) return false;
  throw system_error("removing", file.string());
}

void Trash::give_back(const fs::path& file) const {
  // link(2) does not replace; it takes a symbolic link itself.
  if (::linkat(AT_FDCWD, place_of(file).c_str(), AT_FDCWD, file.c_str(), 0) != 0 && errno != EEXIST)
    throw system_error("giving back", file.string());
  ::unlink(place_of(file).c_str());
}

bool Trash::used_since(const fs::path& file, int64_t moment) const {
  return last_use(place_of(file)).value_or(0) >= moment;
}

bool Trash::remove_unless_used(const fs::path& file, int64_t moment) const {
  if (!take(file) || !used_since(file, moment)) return true;
  give_back(file);
  return false;
}

}  // namespace trainyard::store
