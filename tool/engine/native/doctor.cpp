#include "engine/native/doctor.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>

#include "base/error.hpp"
#include "base/process.hpp"
#include "base/quantity.hpp"
#include "engine/native/cgroup.hpp"
#include "engine/native/id_map.hpp"
#include "engine/native/native_engine.hpp"
#include "engine/native/trial_container.hpp"

namespace trainyard::engine::native {

namespace {

using Grade = Finding::Grade;

/// overlayfs leaves folders in its work folder that not even their owner may enter.
void open_folders(const fs::path& folder) {
  std::error_code ignored;
  fs::permissions(folder, fs::perms::owner_all, fs::perm_options::add, ignored);
  for (fs::directory_iterator it(folder, ignored), end; !ignored && it != end;
       it.increment(ignored)) {
    std::error_code unknown;
    if (it->symlink_status(unknown).type() == fs::file_type::directory) open_folders(it->path());
  }
}

/// For a trial; removed with the object.
class TrialFolder {
 public:
  explicit TrialFolder(const fs::path& parent) : folder_(parent, "doctor-") {}
  ~TrialFolder() { open_folders(folder_.path()); }
  TrialFolder(const TrialFolder&) = delete;
  TrialFolder& operator=(const TrialFolder&) = delete;
  const fs::path& path() const { return folder_.path(); }

 private:
  TemporaryDirectory folder_;
};

/// One look at the machine: the findings grow as it goes.
class Examination {
 public:
  explicit Examination(const fs::path& store)
      : store_(absolute_normal(store)), engine_(make_native_engine({store_, std::nullopt})) {
    make_directories(store_ / "engine");
  }

  std::vector<Finding> run() {
    look_at_store();
    look_at_ids();
    look_at_namespaces();
    if (namespaces_work_) {
      look_at_overlay();
      look_at_runtimes();
      for (const char* controller : {"memory", "cpu", "pids"}) look_at_cgroup(controller);
    }
    look_at_seccomp();
    look_at_init();
    look_at_network();
    return std::move(findings_);
  }

 private:
  void add(Grade grade, std::string subject, std::string found, std::string mend = {}) {
    findings_.push_back({grade, std::move(subject), std::move(found), std::move(mend)});
  }
  void add(const std::string& subject, const Error& error) {
    std::string found = error.cause();
    if (!error.excerpt().empty()) found += ": " + error.excerpt();
    add(Grade::bad, subject, error.action() + " " + error.subject() + ": " + found, error.hint());
  }

  void look_at_store() {
    struct statfs info {};
    if (::statfs(store_.c_str(), &info) != 0)
      return add("store", system_error("looking at", store_.string()));
    const std::string room =
        format_bytes(static_cast<uint64_t>(info.f_bavail) * static_cast<uint64_t>(info.f_bsize)) +
        " free";
    const std::string elsewhere =
        "put the store on a local ext4, xfs or btrfs: export TRAINYARD_STORE=/a/local/folder";
    switch (static_cast<unsigned long>(info.f_type)) {
      case NFS_SUPER_MAGIC:
        return add(Grade::bad, "store", store_.string() + " is on NFS, which cannot hold layers",
                   elsewhere);
      case OVERLAYFS_SUPER_MAGIC:
        return add(Grade::bad, "store",
                   store_.string() + " is itself on an overlay (inside a container?)",
                   "mount a volume for the store, and set TRAINYARD_STORE to it");
      case TMPFS_MAGIC:
        return add(Grade::warning, "store", store_.string() + " is in memory, " + room, elsewhere);
      default:
        return add(Grade::good, "store", store_.string() + ", " + room);
    }
  }

  void look_at_ids() {
    const IdMap map = caller_id_map();
    if (map.kind == IdMap::Kind::root)
      add(Grade::good, "sub-uids", "not needed: this is root");
    else if (map.kind == IdMap::Kind::full)
      add(Grade::good, "sub-uids",
          "from " + std::to_string(map.uids.front().start) + ", " +
              std::to_string(map.uids.front().count) + " ids");
    else
      add(Grade::warning, "sub-uids",
          map.why_single + "; every file in an image belongs to one user", map.mend);
  }

  void look_at_namespaces() {
    try {
      engine_->call("engine.probe_cgroup",
                    {{"owner", cgroup_owner_name()}, {"controller", "none"}});
      namespaces_work_ = true;
      add(Grade::good, "namespaces",
          ::geteuid() == 0 ? "mount and PID namespaces can be made"
                           : "user, mount and PID namespaces can be made");
    } catch (const Error& error) {
      add("namespaces", error);
    }
  }

  void look_at_overlay() {
    try {
      const TrialFolder work(store_ / "engine");
      engine_->call("engine.probe_overlay", {{"work", work.path().string()}});
      add(Grade::good, "overlayfs", "mounts and writes on the store's file system");
    } catch (const Error& error) {
      add("overlayfs", error);
    }
  }

  bool look_at_runtime(const std::string& name) {
    if (find_program(name).empty()) return false;
    try {
      const TrialFolder work(store_ / "engine");
      if (!make_trial_layer(work.path() / "layer"))
        return add(Grade::warning, name, "installed; not tried on this processor", ""), true;
      const auto engine = make_native_engine({store_, name});
      const ContainerResult result =
          engine->start(trial_container(work.path() / "layer", work.path()))->wait({});
      engine->settle();
      if (result.exit_code == 0)
        add(Grade::good, name,
            "a container started and ended in " + format_duration(result.seconds));
      else
        add(Grade::bad, name,
            "a trial container ended with exit code " + std::to_string(result.exit_code),
            "install a newer " + name);
    } catch (const Error& error) {
      add(name, error);
    }
    return true;
  }

  void look_at_runtimes() {
    const bool crun = look_at_runtime("crun");
    const bool runc = look_at_runtime("runc");
    if (!crun && !runc)
      add(Grade::bad, "OCI runtime", "neither crun nor runc is installed",
          "sudo apt-get install crun");
  }

  void look_at_cgroup(const std::string& controller) {
    try {
      const Json answer = engine_->call(
          "engine.probe_cgroup", {{"owner", cgroup_owner_name()}, {"controller", controller}});
      const auto& warnings = answer.at("warnings");
      if (warnings.empty())
        return add(Grade::good, "cgroups: " + controller, "the limit can be set");
      add(Grade::warning, "cgroups: " + controller, warnings.front().get<std::string>(),
          ::geteuid() == 0 ? "start the tool in a cgroup that it may divide: systemd-run --scope "
                             "-p Delegate=yes …"
                           : "systemd-run --user --scope -p Delegate=yes …, or run as root");
    } catch (const Error& error) {
      add("cgroups: " + controller, error);
    }
  }

  void look_at_seccomp() {
    const std::string actions =
        read_file_if_exists("/proc/sys/kernel/seccomp/actions_avail").value_or("");
    if (actions.find("errno") != std::string::npos)
      add(Grade::good, "seccomp", "the kernel filters system calls");
    else
      add(Grade::bad, "seccomp", "the kernel has no seccomp filters",
          "use a kernel with CONFIG_SECCOMP_FILTER=y");
  }

  void look_at_init() {
    if (!find_program("tini-static").empty())
      add(Grade::good, "init", "tini-static");
    else
      add(Grade::warning, "init", "tini-static is missing: a training must handle SIGTERM itself",
          "sudo apt-get install tini");
  }

  void look_at_network() {
    if (find_program("slirp4netns").empty())
      return add(Grade::warning, "private network",
                 "slirp4netns is not installed: a container has the machine's network or none",
                 "sudo apt-get install slirp4netns");
    const UniqueFd tun(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
    const int refused = tun ? 0 : errno;
    if (refused != 0)
      return add(Grade::warning, "private network",
                 std::string("slirp4netns is there, but /dev/net/tun cannot be opened: ") +
                     std::strerror(refused),
                 refused == EACCES || refused == EPERM
                     ? "sudo chmod 666 /dev/net/tun; inside a container, hand the device in"
                     : "sudo modprobe tun; inside a container, hand the device /dev/net/tun in");
    add(Grade::good, "private network", "slirp4netns and /dev/net/tun");
  }

  fs::path store_;
  std::unique_ptr<Engine> engine_;
  bool namespaces_work_ = false;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> examine(const fs::path& store) {
  return Examination(store).run();
}

}  // namespace trainyard::engine::native
