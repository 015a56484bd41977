#include "store/reserve.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace trainyard::store {

namespace {

constexpr int k_files = 16;
constexpr off_t k_file_size = 16 * 1024;
constexpr uint64_t k_little_room = 2 * k_files * k_file_size;

fs::path file_of(const fs::path& root, int number) {
  return root / "reserve" / std::to_string(number);
}

bool is_nearly_full(const fs::path& root) {
  struct statvfs status {};
  if (::statvfs(root.c_str(), &status) != 0) return false;
  // Some file systems count no inodes: they say that they have none at all.
  const bool inodes_are_scarce = status.f_files > 0 && status.f_favail < 2 * k_files;
  return inodes_are_scarce || status.f_bavail * status.f_frsize < k_little_room;
}

}  // namespace

void keep_reserve(const fs::path& root) {
  if (is_nearly_full(root)) return;
  ::mkdir((root / "reserve").c_str(), 0700);
  for (int i = 0; i < k_files; ++i) {
    const fs::path file = file_of(root, i);
    struct stat status {};
    if (::stat(file.c_str(), &status) == 0 && status.st_size == k_file_size) continue;
    const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    if (!fd || ::posix_fallocate(fd.get(), 0, k_file_size) != 0) return;
  }
}

void spend_reserve(const fs::path& root) {
  if (!is_nearly_full(root)) return;
  for (int i = 0; i < k_files; ++i) ::unlink(file_of(root, i).c_str());
}

}  // namespace trainyard::store
