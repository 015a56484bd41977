#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cstring>
#include <memory>

#include "base/json.hpp"
#include "store/layer_jobs.hpp"

namespace trainyard::store {

namespace {

uint64_t share_of(const struct stat& status) {
  const uint64_t bytes = static_cast<uint64_t>(status.st_blocks) * 512;
  return S_ISDIR(status.st_mode) || status.st_nlink < 2 ? bytes : bytes / status.st_nlink;
}

/// A list instead of recursion: trees may be deep. What lies deeper than a path can say is left
/// out.
uint64_t bytes_below(const fs::path& tree) {
  uint64_t bytes = 0;
  std::vector<std::string> folders{tree.string()};
  while (!folders.empty()) {
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    const auto close = [](DIR* stream) { ::closedir(stream); };
    const std::unique_ptr<DIR, decltype(close)> stream(::opendir(folder.c_str()), close);
    if (!stream) continue;
    while (const dirent* entry = ::readdir(stream.get())) {
      if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0) continue;
      struct stat status {};
      if (::fstatat(::dirfd(stream.get()), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        continue;
      bytes += share_of(status);
      if (S_ISDIR(status.st_mode)) folders.push_back(folder + "/" + entry->d_name);
    }
  }
  return bytes;
}

}  // namespace

Json measure_job(const Json& request) {
  ObjectReader in(request, "store.measure");
  const std::vector<std::string> trees = in.strings("trees");
  in.finish();
  Json sizes = Json::array();
  for (const std::string& tree : trees) sizes.push_back(bytes_below(tree));
  return {{"sizes", std::move(sizes)}};
}

}  // namespace trainyard::store
