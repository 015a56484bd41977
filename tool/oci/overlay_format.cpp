#include "oci/overlay_format.hpp"

#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/error.hpp"

namespace trainyard::oci {

namespace {

constexpr std::string_view k_user_marks = "user.overlay.";
constexpr std::string_view k_trusted_marks = "trusted.overlay.";
constexpr std::string_view k_escaped_marks = "user.overlay.overlay.";

/// What `ask` gives, through a larger buffer when the first is too small; nothing where the file
/// system has no extended attributes. A size from one call may no longer be right in the next.
template <typename Ask>
std::optional<std::string> sized(Ask ask, const std::string& name) {
  std::array<char, 512> first;
  ssize_t got = ask(first.data(), first.size());
  if (got >= 0) return std::string(first.data(), static_cast<size_t>(got));
  std::string text;
  while (errno == ERANGE) {
    const ssize_t size = ask(nullptr, 0);
    if (size < 0) break;
    text.resize(static_cast<size_t>(size) + 64);
    got = ask(text.data(), text.size());
    if (got >= 0) {
      text.resize(static_cast<size_t>(got));
      return text;
    }
  }
  if (errno == ENOTSUP) return std::nullopt;
  throw system_error("reading the extended attributes of", name);
}

}  // namespace

bool is_whiteout(const struct stat& status) {
  return S_ISCHR(status.st_mode) && status.st_rdev == makedev(0, 0);
}

bool is_overlay_xattr(std::string_view name) {
  return name.starts_with(k_user_marks) || name.starts_with(k_trusted_marks);
}

std::optional<std::string> xattr_in_tar(std::string_view name) {
  if (name.starts_with(k_escaped_marks))
    return std::string(k_user_marks).append(name.substr(k_escaped_marks.size()));
  if (is_overlay_xattr(name)) return std::nullopt;
  const bool kept = name.starts_with("user.") || name.starts_with("trusted.") ||
                    name == "security.capability" || name.starts_with("system.posix_acl_");
  return kept ? std::optional<std::string>(name) : std::nullopt;
}

std::map<std::string, std::string> read_xattrs(int fd, const std::string& name) {
  std::map<std::string, std::string> xattrs;
  const std::string list =
      sized([fd](char* to, size_t size) { return ::flistxattr(fd, to, size); }, name).value_or("");
  for (size_t at = 0; at < list.size();) {
    const char* xattr = list.c_str() + at;
    at += std::strlen(xattr) + 1;
    auto value =
        sized([&](char* to, size_t size) { return ::fgetxattr(fd, xattr, to, size); }, name);
    if (value) xattrs[xattr] = std::move(*value);
  }
  return xattrs;
}

bool is_opaque(const std::map<std::string, std::string>& xattrs) {
  for (const char* name : {k_opaque_xattr, "trusted.overlay.opaque"})
    if (const auto it = xattrs.find(name); it != xattrs.end() && it->second == "y") return true;
  return false;
}

}  // namespace trainyard::oci
