#include "build/repeated_files.hpp"

#include <set>

namespace trainyard::build {

namespace {

constexpr off_t k_smallest = 65536;
constexpr int k_most_looks = 20'000;

}  // namespace

bool RepeatedFiles::counts(const struct stat& status) {
  return status.st_size >= k_smallest;
}

RepeatedFiles::File RepeatedFiles::describe(const std::string& path, const struct stat& status) {
  return {path.substr(path.rfind('/') + 1), status.st_size, status.st_mtim.tv_sec};
}

void RepeatedFiles::add(const std::string& path, const struct stat& own, const struct stat* lower) {
  if (!counts(own)) return;
  if (lower == nullptr)
    fresh_.push_back(describe(path, own));
  else if (S_ISREG(lower->st_mode) && own.st_size == lower->st_size &&
           own.st_mtim.tv_sec == lower->st_mtim.tv_sec &&
           own.st_mtim.tv_nsec == lower->st_mtim.tv_nsec)
    changed_ += static_cast<uint64_t>(own.st_size);
}

uint64_t RepeatedFiles::moved(const fs::path& below) const {
  if (fresh_.empty() || removed_.empty() || below.empty()) return 0;
  std::multiset<File> gone;
  int looks = 0;
  const auto look = [&](const fs::path& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return false;
    if (S_ISREG(status.st_mode) && status.st_size >= k_smallest)
      gone.insert(describe(path.string(), status));
    return S_ISDIR(status.st_mode);
  };
  for (const std::string& path : removed_) {
    if (++looks > k_most_looks) break;
    if (!look(below / path)) continue;
    std::error_code failure;
    for (fs::recursive_directory_iterator it(below / path, failure), end;
         !failure && it != end && ++looks <= k_most_looks; it.increment(failure))
      look(it->path());
  }
  uint64_t bytes = 0;
  for (const File& file : fresh_)
    if (const auto found = gone.find(file); found != gone.end()) {
      gone.erase(found);
      bytes += static_cast<uint64_t>(file.size);
    }
  return bytes;
}

}  // namespace trainyard::build
