#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.hpp"

namespace trainyard::oci {

/// How paths are resolved inside a tree.
enum class PathResolution {
  kernel,  ///< openat2(RESOLVE_IN_ROOT), and the walk where the call is missing
  walk     ///< one openat(O_NOFOLLOW) for each part
};

/// The parts of an archive's name: leading "/" and "./", "." and doubled slashes go. Throws a usage
/// error for a ".." and for a name that is deeper than `depth` (0: any).
std::vector<std::string> split_entry_name(std::string_view name, uint64_t depth = 0);

/// A folder that paths from an untrusted archive are resolved in: symbolic links on the way are
/// followed as if the folder were "/", so nothing outside is ever reached.
class TreeRoot {
 public:
  /// `folder` is an open directory; `subject` names it in errors.
  TreeRoot(UniqueFd folder, std::string subject, PathResolution resolution);

  int fd() const { return folder_.get(); }
  const std::string& subject() const { return subject_; }

  /// The folder at `parts` as a descriptor (O_PATH), or none with errno set. A last part that is a
  /// symbolic link is followed too.
  UniqueFd open_folder(const std::vector<std::string>& parts);

 private:
  UniqueFd open_by_kernel(const std::vector<std::string>& parts);
  UniqueFd open_by_walk(const std::vector<std::string>& parts) const;

  UniqueFd folder_;
  std::string subject_;
  PathResolution resolution_;
};

/// Removes `name` in `folder`, with everything below it when it is a directory, without following
/// links and with a fixed number of descriptors however deep it is. A missing one is fine.
void remove_in(int folder, const std::string& name, const std::string& subject);

}  // namespace trainyard::oci
