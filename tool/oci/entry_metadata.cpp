#include "oci/entry_metadata.hpp"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>

#include "base/error.hpp"
#include "base/file.hpp"
#include "oci/overlay_format.hpp"

namespace trainyard::oci {

namespace {

constexpr uid_t k_same = static_cast<uid_t>(-1);

/// Whether this user namespace holds one user alone: then every file is theirs, as in the steps
/// that run there, and an entry's owner is without effect.
bool has_one_id() {
  static const bool one = [] {
    std::istringstream rows(read_file("/proc/self/uid_map"));
    uint64_t inside = 0, outside = 0, count = 0;
    rows >> inside >> outside >> count;
    return rows && count == 1 && !(rows >> inside);
  }();
  return one;
}

/// `change(uid, gid)` is one of the chown calls.
template <typename Change>
void change_owner(Change change, const ForeignEntry& entry, const std::string& subject) {
  if (change(entry.uid, entry.gid) == 0) return;
  const int error_number = errno;
  if (error_number != EINVAL) throw system_error("setting the owner of", subject, error_number);
  if (has_one_id()) return;
  const bool user = change(entry.uid, k_same) != 0;
  const char* file = user ? "/etc/subuid" : "/etc/subgid";
  throw Error("setting the owner of", subject,
              std::string(user ? "user id " : "group id ") +
                  std::to_string(user ? entry.uid : entry.gid) +
                  " is not among the ids that this user may use",
              std::string("give the user a larger range in ") + file +
                  ", for example 'usermod --add-subuids 100000-165535 --add-subgids 100000-165535 "
                  "USER', or run as root");
}

/// Attributes that a layer loses its meaning without; others depend on the machine's file system.
bool is_essential(const std::string& xattr) {
  return xattr.starts_with("user.") || xattr == "security.capability";
}

void set_xattrs(int fd, const ForeignEntry& entry, const std::string& subject) {
  for (const auto& [name, value] : entry.xattrs) {
    if (is_overlay_xattr(name) || !xattr_in_tar(name)) continue;
    if (::fsetxattr(fd, name.c_str(), value.data(), value.size(), 0) == 0) continue;
    if (is_essential(name) || (errno != EPERM && errno != ENOTSUP))
      throw system_error("setting the attribute " + name + " of", subject);
  }
}

}  // namespace

void set_owner(int fd, const ForeignEntry& entry, const std::string& subject) {
  change_owner([fd](uid_t uid, gid_t gid) { return ::fchown(fd, uid, gid); }, entry, subject);
}

void set_owner_in(int folder, const std::string& name, const ForeignEntry& entry,
                  const std::string& subject) {
  change_owner(
      [&](uid_t uid, gid_t gid) {
        return ::fchownat(folder, name.c_str(), uid, gid, AT_SYMLINK_NOFOLLOW);
      },
      entry, subject);
}

void set_metadata(int fd, const ForeignEntry& entry, const std::string& subject) {
  // chown clears setuid bits and file capabilities.
  set_owner(fd, entry, subject);
  if (::fchmod(fd, entry.mode) != 0) throw system_error("setting the mode of", subject);
  set_xattrs(fd, entry, subject);
}

void set_opaque(int folder, const std::string& subject) {
  if (::fsetxattr(folder, k_opaque_xattr, "y", 1, 0) != 0)
    throw system_error("marking as opaque the folder", subject);
}

Times mtime_of(const ForeignEntry& entry) {
  Times times{};
  times.values[0].tv_nsec = UTIME_OMIT;
  times.values[1].tv_sec = static_cast<time_t>(entry.seconds);
  times.values[1].tv_nsec = static_cast<long>(entry.nanoseconds);
  return times;
}

}  // namespace trainyard::oci
