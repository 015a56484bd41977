#include <sys/stat.h>

#include <array>
#include <fstream>
#include <map>

#include "base/error.hpp"
#include "base/json.hpp"
#include "build/file_metadata.hpp"
#include "build/layer_jobs.hpp"

namespace trainyard::build {

namespace {

/// A folder and everything below it by its path there.
std::map<std::string, struct stat> list_tree(const fs::path& root) {
  std::map<std::string, struct stat> entries;
  const auto add = [&](const fs::path& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) throw system_error("looking at", path.string());
    entries[path.lexically_relative(root).string()] = status;
  };
  add(root);
  for (fs::recursive_directory_iterator it(root), end; it != end; ++it) add(it->path());
  return entries;
}

/// Where two files of one size begin to differ; nothing when they do not.
std::optional<uint64_t> first_difference(const fs::path& left, const fs::path& right) {
  std::ifstream a(left, std::ios::binary), b(right, std::ios::binary);
  std::array<char, 65536> x, y;
  for (uint64_t offset = 0; a && b; offset += x.size()) {
    a.read(x.data(), x.size());
    b.read(y.data(), y.size());
    const auto end = x.begin() + a.gcount();
    const auto [place, other] = std::mismatch(x.begin(), end, y.begin());
    if (place != end) return offset + static_cast<uint64_t>(place - x.begin());
  }
  return std::nullopt;
}

std::string octal(mode_t mode) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%04o", mode & 07777U);
  return text.data();
}

std::string ids(const struct stat& status) {
  return std::to_string(status.st_uid) + ":" + std::to_string(status.st_gid);
}

/// What of an entry is another, the weightiest first; empty: nothing.
std::string difference(const fs::path& left, const struct stat& a, const fs::path& right,
                       const struct stat& b) {
  if ((a.st_mode & S_IFMT) != (b.st_mode & S_IFMT)) return "is of another type";
  if (S_ISLNK(a.st_mode) && fs::read_symlink(left) != fs::read_symlink(right))
    return "leads to " + fs::read_symlink(left).string() + ", then to " +
           fs::read_symlink(right).string();
  if (S_ISREG(a.st_mode)) {
    if (a.st_size != b.st_size)
      return "has " + std::to_string(a.st_size) + " bytes, then " + std::to_string(b.st_size);
    if (const auto offset = first_difference(left, right))
      return "has other bytes from " + std::to_string(*offset) + " on";
  }
  if ((a.st_mode & 07777U) != (b.st_mode & 07777U))
    return "has mode " + octal(a.st_mode) + ", then " + octal(b.st_mode);
  if (a.st_uid != b.st_uid || a.st_gid != b.st_gid)
    return "is " + ids(a) + "'s, then " + ids(b) + "'s";
  if (a.st_rdev != b.st_rdev) return "is another device";
  if (read_xattrs(left) != read_xattrs(right)) return "has other extended attributes";
  if (a.st_mtim.tv_sec != b.st_mtim.tv_sec || a.st_mtim.tv_nsec != b.st_mtim.tv_nsec)
    return "has another time";
  return "";
}

}  // namespace

Json compare_trees_job(const Json& request) {
  ObjectReader in(request, "trees to compare");
  const fs::path left = in.string("left"), right = in.string("right");
  const auto first = list_tree(left), second = list_tree(right);
  Json found = Json::array();
  const auto add = [&](const std::string& path, const std::string& what) {
    found.push_back({{"path", path}, {"what", what}});
  };
  for (const auto& [path, status] : first) {
    const auto other = second.find(path);
    if (other == second.end()) {
      add(path, "is only there the first time");
      continue;
    }
    const std::string what = difference(left / path, status, right / path, other->second);
    if (!what.empty()) add(path, what);
  }
  for (const auto& [path, status] : second)
    if (!first.contains(path)) add(path, "is only there the second time");
  return {{"differences", std::move(found)}};
}

}  // namespace trainyard::build
