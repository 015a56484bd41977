#include "store/last_use.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/error.hpp"
#include "store/folder_entries.hpp"

namespace trainyard::store {

namespace {

constexpr useconds_t k_longest_tick_us = 20'000;  ///< two of the longest, 100 a second

fs::path visits(const Store& store) {
  return store.locks() / "visits";
}

/// The beginning of a visit that is going on; one that is over is removed. What cannot be looked at
/// is an error: taken for over, it would let things go that are in use.
std::optional<int64_t> begin_of_living(const fs::path& path) {
  if (LockFile::remove_if_free(path)) return std::nullopt;
  return last_use(path);
}

std::vector<int64_t> begins_of_living(const Store& store) {
  std::vector<int64_t> begins;
  for (const auto& entry : folder_entries(visits(store)))
    if (const auto begin = begin_of_living(entry.path())) begins.push_back(*begin);
  return begins;
}

}  // namespace

int64_t file_clock_now() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &time);
  return nanoseconds(time);
}

bool note_use(const fs::path& path) {
  return ::utimensat(AT_FDCWD, path.c_str(), nullptr, AT_SYMLINK_NOFOLLOW) == 0;
}

std::optional<int64_t> last_use(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw system_error("looking at", path.string());
  }
  return nanoseconds(status.st_mtim);
}

Visit::Visit(const Store& store)
    : path_(visits(store) / random_name(12)), lock_(LockFile::acquire(path_)) {}

Visit::~Visit() {
  ::unlink(path_.c_str());
}

int64_t oldest_visit(const Store& store) {
  // The clock of files goes in ticks: what was used in this one is not to look as if it came later.
  ::usleep(k_longest_tick_us);
  int64_t oldest = file_clock_now();
  for (const int64_t begin : begins_of_living(store)) oldest = std::min(oldest, begin);
  return oldest;
}

bool has_visits(const Store& store) {
  return !begins_of_living(store).empty();
}

}  // namespace trainyard::store
