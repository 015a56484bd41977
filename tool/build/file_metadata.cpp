#include "build/file_metadata.hpp"

#include <sys/xattr.h>

#include <cerrno>

#include "base/error.hpp"

namespace trainyard::build {

namespace {

bool belongs_to_overlay(std::string_view name) {
  return name.starts_with("trusted.overlay.") || name.starts_with("user.overlay.");
}

}  // namespace

std::map<std::string, std::string> read_xattrs(const fs::path& path) {
  std::map<std::string, std::string> xattrs;
  const ssize_t size = ::llistxattr(path.c_str(), nullptr, 0);
  if (size <= 0) return xattrs;
  std::string names(static_cast<size_t>(size), '\0');
  const ssize_t got = ::llistxattr(path.c_str(), names.data(), names.size());
  if (got < 0) throw system_error("listing attributes of", path.string());
  names.resize(static_cast<size_t>(got));
  for (size_t start = 0; start < names.size();) {
    const std::string name = names.c_str() + start;
    start += name.size() + 1;
    if (belongs_to_overlay(name)) continue;
    const ssize_t length = ::lgetxattr(path.c_str(), name.c_str(), nullptr, 0);
    if (length < 0) continue;
    std::string value(static_cast<size_t>(length), '\0');
    const ssize_t read = ::lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
    if (read < 0) throw system_error("reading attribute " + name + " of", path.string());
    value.resize(static_cast<size_t>(read));
    xattrs.emplace(name, std::move(value));
  }
  return xattrs;
}

void write_xattrs(const fs::path& path, const std::map<std::string, std::string>& xattrs) {
  for (const auto& [name, value] : xattrs)
    if (::lsetxattr(path.c_str(), name.c_str(), value.data(), value.size(), 0) != 0)
      throw system_error("setting attribute " + name + " of", path.string());
}

}  // namespace trainyard::build
