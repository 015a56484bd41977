#pragma once

#include <sys/stat.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace trainyard::oci {

/// How overlayfs marks removals in a layer tree (kernel, filesystems/overlayfs: "whiteouts and
/// opaque directories", "nested overlayfs mounts") and how a layer tar does (image-spec layer.md,
/// "Whiteouts").

inline constexpr std::string_view k_whiteout_prefix = ".wh.";
/// Names that start so belong to the format: the opaque marker, and what AUFS left in old images.
inline constexpr std::string_view k_reserved_prefix = ".wh..wh.";
inline constexpr std::string_view k_opaque_name = ".wh..wh..opq";
/// Trees are mounted with `userxattr`, as root too.
inline constexpr const char* k_opaque_xattr = "user.overlay.opaque";

bool is_whiteout(const struct stat& status);

/// Whether an xattr is overlayfs' own: never taken from an archive.
bool is_overlay_xattr(std::string_view name);

/// The name that an xattr of a tree has in a tar; nothing when it stays out. overlayfs' own marks
/// and the labels of the machine (SELinux, IMA, EVM) stay out; what overlayfs escaped regains its
/// name.
std::optional<std::string> xattr_in_tar(std::string_view name);

/// Xattrs of an open file or directory, names as in the tree. `name` is the subject of errors.
std::map<std::string, std::string> read_xattrs(int fd, const std::string& name);

bool is_opaque(const std::map<std::string, std::string>& xattrs);

}  // namespace trainyard::oci
