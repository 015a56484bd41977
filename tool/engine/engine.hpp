#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/job.hpp"
#include "engine/devices/edits.hpp"

namespace trainyard::engine {

/// Which column of the table in docs/ARCHITECTURE.md ("Inside the container") applies;
/// `interactive` is `build` for a person: what `docker run` would allow.
enum class Profile { build, training, interactive };
/// none: loopback only. host: the machine's. private_: a namespace of its own with access to the
/// outside.
enum class Network { none, host, private_ };

/// The folder of the container's own /dev, which no image has a hand in, that mounts may lie in.
inline constexpr const char* k_dev_mounts = "/dev/pipes";

struct Mount {
  /// layers: something in a stack of layer trees; what is written to it is thrown away.
  /// secret: a file with `content`, which is never on a disk. agent: a socket that leads to an
  /// ssh-agent. files: a read-only folder of `names` alone, whatever else lies in the source.
  enum class Kind { bind, tmpfs, layers, secret, agent, files };
  enum class Access { read_only, read_write };
  Kind kind = Kind::bind;
  /// bind: a file or folder that exists. layers: its path in them, where links lead nowhere else;
  /// empty for all of them. agent: the socket of the agent.
  fs::path source;
  /// Absolute path in the container; below /proc, /sys, /dev it is refused, but for what lies in
  /// k_dev_mounts. Of a device: a name alone is a library, which the container's loader is to find.
  std::string target;
  Access access = Access::read_only;
  uint64_t size = 0;  ///< tmpfs: bytes
  bool owned_by_user =
      false;  ///< chown the source to the container's user before the start (folders of our own)
  std::vector<fs::path> layers = {};  ///< layers: trees, lowest first
  std::string content = {};           ///< secret
  /// files: files of the source, relative to it; with "/" at the end an empty folder. A name that
  /// the source has no file of is an empty file, for another mount.
  std::vector<std::string> names = {};
  std::vector<fs::path> keys = {};  ///< agent: private keys for one of its own, instead of a socket
  unsigned mode = 0400;             ///< secret, agent; with uid and gid
  uint32_t uid = 0, gid = 0;
  /// Of a device: it may lie in the container's own /dev and stands for what else has that target.
  bool of_device = false;
  std::vector<std::string> options = {};  ///< of a device, as mount(8) has them, instead of access
};

struct Limits {
  std::optional<double> cpus;        ///< processors' worth of time, e.g. 1.5
  std::optional<uint64_t> memory;    ///< bytes
  std::optional<uint64_t> shm_size;  ///< bytes of /dev/shm; absent: the profile's default
  uint64_t pids = 2048;
};

/// One command in one container.
struct ContainerSpec {
  std::vector<fs::path> layers;  ///< layer trees, lowest first; may be empty (scratch)
  std::optional<fs::path>
      upper;      ///< a path that does not exist yet: holds what the command changed, in
                  ///< overlay format, when it has ended. Absent: thrown away.
  fs::path work;  ///< a folder of the caller's work folder, on the store's file system
  std::vector<std::string> argv;         ///< argv[0] is looked up in the container's PATH
  std::vector<std::string> environment;  ///< "K=V"
  std::string working_directory = "/";   ///< made when missing
  std::string user;                      ///< USER syntax, looked up inside the root file system
  std::string hostname = "trainyard";
  Profile profile = Profile::build;
  bool privileged = false;  ///< without the restrictions of the profile, as far as our rights go
  Network network = Network::none;
  std::vector<std::pair<std::string, std::string>> hosts;  ///< name, address: for /etc/hosts
  std::vector<Mount> mounts;
  devices::Edits devices;  ///< whatever they need in the container, nodes completed
  Limits limits;
  bool init = false;         ///< an init as PID 1 that forwards signals
  bool terminal = false;     ///< a pseudo-terminal, wired to the tool's own terminal
  bool interactive = false;  ///< the tool's standard input is handed in
  std::optional<std::chrono::milliseconds> timeout;
  std::chrono::milliseconds grace{10'000};  ///< between SIGTERM and SIGKILL
  /// A file on the store's file system, made when it is not there: paths below the working folder
  /// that the command looked for and did not find, one a line, each once. Watching costs it time.
  std::optional<fs::path> missing_report = {};
};

struct ContainerResult {
  int exit_code = 0;  ///< 128 + signal when a signal ended it
  std::optional<int> signal;
  bool out_of_memory = false;
  bool timed_out = false;
  double seconds = 0;
  uint64_t peak_memory = 0;           ///< bytes; 0 when unknown
  std::vector<std::string> warnings;  ///< e.g. a limit that could not be set, and why
};

enum class Stream { out, err };
/// Called from the thread that waits, in the order in which the bytes came.
using OutputSink = std::function<void(Stream, std::string_view)>;

/// A container that was started. Destroying it kills it.
class Container {
 public:
  virtual ~Container() = default;
  /// Sends a signal to the container's command (through its init). Thread-safe; nothing after its
  /// end.
  virtual void signal(int number) = 0;
  /// Delivers output until the command has ended and everything it wrote has been delivered. Once.
  virtual ContainerResult wait(const OutputSink& sink) = 0;
};

/// Where containers execute. Lazy: nothing is started before the first call that needs it.
/// A command that cannot be found or executed throws Error (exit code: failed) with docker's
/// 126/127 in `cause`; a machine that cannot run containers throws Error(machine) with a hint that
/// names `doctor`.
class Engine : public JobRunner {
 public:
  virtual std::unique_ptr<Container> start(const ContainerSpec& spec) = 0;
  /// A container will be started soon: begins beside the caller what that needs and takes time.
  /// Never fails; what goes wrong shows when the container is started.
  virtual void expect_start() {}
  /// Returns when what ended containers left below their `work` folders is removed, so that these
  /// can be removed as well. No container or job may be going on.
  virtual void settle() {}
  /// "full" (root, or a user with sub-uids) or "single": which owners files can have. Part of step
  /// keys. Cheap: starts nothing.
  virtual std::string id_map_class() const = 0;
};

/// A command that could not be executed in a container: 127 not found, 126 not executable.
class CommandNotExecutable : public Error {
 public:
  CommandNotExecutable(int exit_code, const std::string& command, const std::string& cause,
                       const std::string& hint);
  int exit_code() const { return exit_code_; }

 private:
  int exit_code_;
};

}  // namespace trainyard::engine
