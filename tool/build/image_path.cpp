#include "build/image_path.hpp"

#include <limits.h>
#include <unistd.h>

#include <array>
#include <deque>

#include "base/error.hpp"

namespace trainyard::build {

namespace {

constexpr int k_most_links = 255;

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> parts;
  for (size_t start = 0; start <= path.size();) {
    const size_t end = std::min(path.find('/', start), path.size());
    if (end > start && path.substr(start, end - start) != ".")
      parts.emplace_back(path.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::string below(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

}  // namespace

std::vector<std::string> clean_parts(std::string_view path) {
  std::vector<std::string> parts;
  for (std::string& part : split(path)) {
    if (part != "..")
      parts.push_back(std::move(part));
    else if (!parts.empty())
      parts.pop_back();
  }
  return parts;
}

std::string clean_path(std::string_view path) {
  std::string text;
  for (const std::string& part : clean_parts(path)) text = below(text, part);
  return text;
}

std::string join_image_path(std::string_view folder, std::string_view path) {
  if (path.starts_with('/')) return "/" + clean_path(path);
  return "/" + clean_path(std::string(folder) + "/" + std::string(path));
}

std::optional<Seen> look_at(const fs::path& path) {
  Seen seen;
  if (::lstat(path.c_str(), &seen.status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG) return std::nullopt;
    throw system_error("looking at", path.string());
  }
  if (S_ISLNK(seen.status.st_mode)) {
    std::array<char, PATH_MAX> target;
    const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
    if (size < 0) throw system_error("reading link", path.string());
    seen.link.assign(target.data(), static_cast<size_t>(size));
  }
  return seen;
}

LookAt look_below(fs::path root) {
  return [root = std::move(root)](const std::string& path) { return look_at(root / path); };
}

std::string Resolved::full() const {
  return missing.empty() ? path : below(path, missing);
}

Resolved resolve_path(const LookAt& look, std::string_view path) {
  Resolved result;
  std::deque<std::string> rest;
  for (std::string& part : split(path)) rest.push_back(std::move(part));
  while (!rest.empty()) {
    const std::string part = std::move(rest.front());
    rest.pop_front();
    if (part == "..") {
      result.path = parent_of(result.path);
      result.seen = result.path.empty() ? std::nullopt : look(result.path);
      continue;
    }
    const std::string next = below(result.path, part);
    // Below a file there is nothing; the caller sees a file with something missing under it.
    const bool inside = !result.seen || S_ISDIR(result.seen->status.st_mode);
    std::optional<Seen> seen = inside ? look(next) : std::nullopt;
    if (!seen) {
      result.missing = part;
      for (const std::string& more : rest) result.missing += "/" + more;
      result.missing = clean_path(result.missing);
      return result;
    }
    if (!S_ISLNK(seen->status.st_mode)) {
      result.path = next;
      result.seen = std::move(seen);
      continue;
    }
    if (result.followed.size() == k_most_links)
      throw usage_error("resolving", std::string(path), "too many symbolic links");
    result.followed.push_back(next);
    const std::vector<std::string> target = split(seen->link);
    rest.insert(rest.begin(), target.begin(), target.end());
    if (seen->link.starts_with('/')) {
      result.path.clear();
      result.seen.reset();
    }
  }
  return result;
}

}  // namespace trainyard::build
