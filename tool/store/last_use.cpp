#include "store/last_use.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/error.hpp"

namespace trainyard::store {

namespace {

constexpr useconds_t k_longest_tick_us = 20'000;  ///< two of the longest, 100 a second

fs::path visits(const Store& store) {
  return store.locks() / "visits";
}

bool has_a_name(const UniqueFd& fd) {
  struct stat status {};
  return ::fstat(fd.get(), &status) == 0 && status.st_nlink > 0;
}

/// The beginning of a visit that is going on; one that is over is removed. What cannot be looked at
/// is an error: taken for over, it would let things go that are in use.
std::optional<int64_t> begin_of_living(const fs::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd && errno == ENOENT) return std::nullopt;
  if (!fd) throw system_error("looking at the visit", path.string());
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) {
    ::unlink(path.c_str());
    return std::nullopt;
  }
  if (errno != EWOULDBLOCK) throw system_error("looking at the visit", path.string());
  return last_use(path);
}

std::vector<int64_t> begins_of_living(const Store& store) {
  std::vector<int64_t> begins;
  std::error_code error;
  for (fs::directory_iterator it(visits(store), error), end; !error && it != end;
       it.increment(error))
    if (const auto begin = begin_of_living(it->path())) begins.push_back(*begin);
  if (error && error != std::errc::no_such_file_or_directory)
    throw system_error("reading", visits(store).string(), error.value());
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
  if (::lstat(path.c_str(), &status) != 0) return std::nullopt;
  return nanoseconds(status.st_mtim);
}

Visit::Visit(const Store& store) : path_(visits(store) / random_name(12)) {
  // Between its making and its lock a visit looks like one that is over, and may be removed.
  while (!lock_ || !has_a_name(lock_)) {
    lock_.reset(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock_ && errno == ENOENT) {
      make_directories(path_.parent_path(), 0700);
      continue;
    }
    if (!lock_) throw system_error("writing", path_.string());
    while (::flock(lock_.get(), LOCK_EX) != 0)
      if (errno != EINTR) throw system_error("locking", path_.string());
  }
}

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
