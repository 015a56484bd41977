#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace trainyard::engine::native {

/// A range of subordinate ids that an administrator lent to a user (/etc/subuid, subuid(5)).
struct IdRange {
  uint64_t start = 0;
  uint64_t count = 0;
};

/// The ranges of a user in the text of /etc/subuid or /etc/subgid: lines `<name or
/// uid>:<start>:<count>`. Lines that cannot be read are passed over, as newuidmap does.
std::vector<IdRange> parse_subordinate_ids(std::string_view text, const std::string& name,
                                           uid_t uid);

/// The texts of /etc/subuid and /etc/subgid.
struct SubordinateFiles {
  std::string uids, gids;
};

/// Where a range for one more user can begin: behind all that is lent already.
uint64_t first_free_subordinate_id(const SubordinateFiles& files);

/// Which ids exist inside the supervisor's namespaces, and how they come about.
struct IdMap {
  enum class Kind {
    root,   ///< no user namespace: the machine's own ids
    full,   ///< user namespace: 0 is the caller, 1 and up are the sub-ids
    single  ///< user namespace: 0 is the caller, and nothing else exists
  };
  Kind kind = Kind::root;
  std::vector<IdRange> uids, gids;  ///< full only
  std::string why_single;           ///< single: what is missing
  std::string mend;                 ///< single: the command that mends it

  /// "full" or "single": Engine::id_map_class.
  std::string id_class() const { return kind == Kind::single ? "single" : "full"; }
};

/// For the caller of this process: single wherever newuidmap and newgidmap could not give more.
/// Looks only; starts nothing.
IdMap caller_id_map();

/// Gives process `pid`, which was cloned into a new user namespace, its ids. Throws Error.
void write_id_map(const IdMap& map, pid_t pid);

}  // namespace trainyard::engine::native
