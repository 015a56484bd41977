#pragma once

#include <sys/stat.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"

namespace trainyard::build {

/// The parts of a path; empty ones and "." go, ".." takes its parent away and is clamped at the
/// root.
std::vector<std::string> clean_parts(std::string_view path);
/// The same joined with "/"; "" is the root.
std::string clean_path(std::string_view path);
/// `path` seen from `folder` (absolute) in an image: absolute, clean, without a trailing slash but
/// for "/".
std::string join_image_path(std::string_view folder, std::string_view path);

/// What stands at a path (relative to some root, its parents free of links).
struct Seen {
  struct stat status {};
  std::string link;  ///< target of a symbolic link
};
using LookAt = std::function<std::optional<Seen>(const std::string& path)>;
/// Looks below a folder of the file system.
LookAt look_below(fs::path root);
std::optional<Seen> look_at(const fs::path& path);

/// Where a path leads inside a root when symbolic links are followed as if the root were "/":
/// absolute targets start at the root, ".." stops at it. The walk goes part by part over paths that
/// hold no link, so nothing outside the root is ever looked at. `followed` are the links on the
/// way.
struct Resolved {
  std::string path;     ///< of what exists, relative, without links
  std::string missing;  ///< what is left of the path and does not exist; empty: all of it exists
  std::optional<Seen> seen;  ///< what stands at `path`; absent for the root
  std::vector<std::string> followed;
  std::string full() const;  ///< path and missing
};
/// Throws a usage error after 255 links.
Resolved resolve_path(const LookAt& look, std::string_view path);

}  // namespace trainyard::build
