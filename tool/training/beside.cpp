#include "training/beside.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/error.hpp"

namespace trainyard::training {

namespace {

std::string prefix_of(const fs::path& destination) {
  return "." + destination.filename().string() + ".trainyard-";
}

/// Not followed when it is a link, not waited for when it is a FIFO.
UniqueFd lock_of(const fs::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) fd.reset();
  return fd;
}

/// What cannot be removed is in nobody's way.
void remove_left(const fs::path& destination) {
  const std::string prefix = prefix_of(destination);
  std::error_code ignored;
  for (fs::directory_iterator it(destination.parent_path(), ignored), end; !ignored && it != end;
       it.increment(ignored)) {
    if (!it->path().filename().native().starts_with(prefix)) continue;
    std::error_code kept;
    if (const UniqueFd lock = lock_of(it->path())) fs::remove_all(it->path(), kept);
  }
}

}  // namespace

Beside::Beside(fs::path destination)
    : destination_(std::move(destination)),
      path_(destination_.parent_path() / (prefix_of(destination_) + random_name(8))) {
  remove_left(destination_);
}

Beside::~Beside() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

UniqueFd Beside::make_file() {
  UniqueFd file(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) throw system_error("writing", path_.string());
  lock_ = lock_of(path_);
  return file;
}

void Beside::make_folder() {
  if (::mkdir(path_.c_str(), 0755) != 0) throw system_error("making folder", path_.string());
  lock_ = lock_of(path_);
}

void Beside::move_in() const {
  if (::rename(path_.c_str(), destination_.c_str()) == 0) return;
  if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, destination_.c_str(), RENAME_EXCHANGE) == 0)
    return;
  const fs::path old = path_.string() + "-old";
  rename_path(destination_, old);
  if (::rename(path_.c_str(), destination_.c_str()) != 0) {
    const int number = errno;
    ::rename(old.c_str(), destination_.c_str());
    throw system_error("renaming", path_.string() + " to " + destination_.string(), number);
  }
  std::error_code ignored;
  fs::remove_all(old, ignored);
}

}  // namespace trainyard::training
