#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "engine/engine.hpp"

namespace trainyard::engine::native {

/// A cgroup hierarchy as this process sees it, and where it is itself in it.
struct CgroupHierarchy {
  fs::path mount;  ///< /sys/fs/cgroup/memory
  fs::path own;    ///< mount + the caller's own path
  std::vector<std::string>
      controllers;       ///< v1: those of the mount; v2: those that are delegated here
  bool unified = false;  ///< cgroup v2
};

/// From the texts of /proc/self/cgroup and /proc/self/mountinfo; cgroups(7). Controllers of v2 are
/// not filled in.
std::vector<CgroupHierarchy> parse_hierarchies(const std::string& cgroup,
                                               const std::string& mountinfo);
/// Of this process; looked up once, because reading the table of mounts takes the kernel long. The
/// supervisor does it for all its children.
const std::vector<CgroupHierarchy>& own_hierarchies();
/// Mount points of cgroup file systems, looked up once like these.
const std::vector<fs::path>& cgroup_mount_points();

/// For what soon enters a cgroup: the kernel lets no process move before every processor has looked
/// away once (an RCU grace period: milliseconds, more on a busy machine), but for a while after one
/// has moved the next need not wait. So this moves the caller to where it is already. Blocks;
/// without effect where the caller's own cgroup may not be written.
void open_way_into_cgroups();

/// What the processes of a container may not do with a device node: `access` is of "rw".
struct DeviceDenial {
  std::string type;  ///< "c" or "b"
  int64_t major = 0, minor = 0;
  std::string access;
};

/// The cgroups of one container, made by ourselves below the caller's own, so that no limit that
/// was set on the caller (a scheduler's, for example) is escaped. What cannot be made or set
/// becomes a warning that names why. The folders are called `trainyard-<boot id>-<PID
/// namespace>-<pid>-<start time>-<random>`: whose process they belong to can be seen later, by
/// those to whom that pid means something.
class Cgroup {
 public:
  /// `owner` is the part of the name that says whose they are.
  Cgroup(const std::string& owner, const Limits& limits);
  ~Cgroup();
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;

  /// Files to which the container's first process writes "0" to enter.
  const std::vector<fs::path>& entrances() const { return entrances_; }
  bool limits_processes() const { return pids_.has_value(); }
  /// Before anything enters. By the devices controller, which only cgroups v1 have.
  void deny(const std::vector<DeviceDenial>& denials);
  /// The limit of processes: after the runtime, which needs some itself, has done its part.
  void set_process_limit();

  bool out_of_memory() const;    ///< something in it was killed for memory
  uint64_t peak_memory() const;  ///< bytes; 0 when unknown
  const std::vector<std::string>& warnings() const { return warnings_; }
  /// Removes the folders; the container has ended.
  void remove();

 private:
  struct Place {
    fs::path folder;
    bool unified = false;
  };
  std::optional<Place> make(const std::string& controller, bool wanted);
  std::optional<Place> make_unified(const CgroupHierarchy& hierarchy, const std::string& controller,
                                    std::string& why);
  bool set(const std::string& what, const fs::path& file, const std::string& value);

  std::string name_;
  Limits limits_;
  std::vector<CgroupHierarchy> hierarchies_;
  std::vector<fs::path> folders_;
  std::vector<fs::path> entrances_;
  std::optional<Place> memory_, cpu_, pids_;
  std::vector<std::string> warnings_;
};

/// The owner part of names, for this process.
std::string cgroup_owner_name();
/// Whether the owner of a cgroup with that name is known to be gone: one of our names, of another
/// boot, or of a process of our own PID namespace that has ended. A tool in a container that sees
/// the same cgroups counts as alive here.
bool is_abandoned_cgroup(const std::string& name);
/// Removes cgroups of owners that are gone. Call from the tool, not from inside its namespaces.
void sweep_cgroups();

}  // namespace trainyard::engine::native
