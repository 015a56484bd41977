#include "engine/native/missing_watch.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <set>
#include <vector>

#include "base/error.hpp"
#include "base/unique_fd.hpp"

namespace trainyard::engine::native {

namespace {

constexpr size_t k_most_paths = 10'000;
constexpr size_t k_page = 4096;

#if defined(__x86_64__)
constexpr uint32_t k_architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t k_architecture = AUDIT_ARCH_AARCH64;
#else
constexpr uint32_t k_architecture = 0;  // no call is known, and all go on unseen
#endif

/// A call that names a path: the numbers of its arguments; -1 where it has none.
struct WatchedCall {
  const char* name;
  int number;
  int folder, path, flags, how;
};

constexpr WatchedCall k_calls[] = {
#ifdef SYS_open
    {"open", SYS_open, -1, 0, 1, -1},
    {"stat", SYS_stat, -1, 0, -1, -1},
    {"lstat", SYS_lstat, -1, 0, -1, -1},
    {"access", SYS_access, -1, 0, -1, -1},
#endif
    {"openat", SYS_openat, 0, 1, 2, -1},
    {"openat2", SYS_openat2, 0, 1, -1, 2},
    {"newfstatat", SYS_newfstatat, 0, 1, -1, -1},
    {"statx", SYS_statx, 0, 1, -1, -1},
    {"faccessat", SYS_faccessat, 0, 1, -1, -1},
    {"faccessat2", SYS_faccessat2, 0, 1, -1, -1},
};

/// Up to `size` bytes of a process's memory; a string may end just before a page that is not there.
std::string read_memory(pid_t pid, uint64_t address, size_t size) {
  std::string bytes(size, '\0');
  iovec here{bytes.data(), size};
  iovec there{reinterpret_cast<void*>(address), size};
  const ssize_t n = ::process_vm_readv(pid, &here, 1, &there, 1, 0);
  bytes.resize(n > 0 ? static_cast<size_t>(n) : 0);
  return bytes;
}

std::string read_string(pid_t pid, uint64_t address) {
  std::string text;
  while (text.size() < PATH_MAX) {
    const std::string part = read_memory(pid, address, k_page - address % k_page);
    if (part.empty()) return {};
    const size_t end = part.find('\0');
    text += part.substr(0, end);
    if (end != std::string::npos) return text;
    address += part.size();
  }
  return {};
}

/// The helper's side: one container's notifications, until there is nobody left to send any.
class Watcher {
 public:
  Watcher(int listener, int report, std::string folder)
      : listener_(listener), report_(report), folder_(std::move(folder)) {}

  void serve() {
    const UniqueFd connection(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
    notifications_ = receive_descriptor(connection.get());
    if (!notifications_) return;
    pollfd poll{notifications_.get(), POLLIN, 0};
    for (;;) {
      if (::poll(&poll, 1, -1) < 0 && errno != EINTR) return;
      if ((poll.revents & POLLIN) != 0) answer_one();
      if ((poll.revents & (POLLHUP | POLLERR)) != 0) return;
    }
  }

 private:
  /// OCI runtimes send a JSON text with it, which says nothing that is needed here.
  static UniqueFd receive_descriptor(int connection) {
    std::array<char, 1 << 16> text;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * 4)> control;
    iovec part{text.data(), text.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(connection, &message, MSG_CMSG_CLOEXEC) <= 0) return {};
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return {};
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return UniqueFd(fd);
  }

  void answer_one() {
    seccomp_notif call{};
    if (::ioctl(notifications_.get(), SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) return;
    try {
      look_at(call);
    } catch (const std::exception&) {
      // Whatever is wrong with a name, the call goes on.
    }
    seccomp_notif_resp answer{};
    answer.id = call.id;
    answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    ::ioctl(notifications_.get(), SECCOMP_IOCTL_NOTIF_SEND, &answer);
  }

  void look_at(const seccomp_notif& call) {
    if (call.data.arch != k_architecture || found_.size() >= k_most_paths) return;
    const auto* known =
        std::find_if(std::begin(k_calls), std::end(k_calls),
                     [&](const WatchedCall& one) { return one.number == call.data.nr; });
    if (known == std::end(k_calls) || makes_a_file(call, *known)) return;
    const auto pid = static_cast<pid_t>(call.pid);
    const std::string name = read_string(pid, call.data.args[known->path]);
    if (name.empty()) return;
    const fs::path path = (base_of(call, *known) / name).lexically_normal();
    if (!path.is_absolute() || path == folder_ || !lies_within(path, folder_)) return;
    if (found_.contains(path.string()) || is_there(pid, path)) return;
    found_.insert(path.string());
    write_line(path.string());
  }

  static bool makes_a_file(const seccomp_notif& call, const WatchedCall& known) {
    uint64_t flags = 0;
    if (known.flags >= 0) flags = call.data.args[known.flags];
    if (known.how >= 0) {
      const std::string how =
          read_memory(static_cast<pid_t>(call.pid), call.data.args[known.how], sizeof flags);
      if (how.size() == sizeof flags) std::memcpy(&flags, how.data(), sizeof flags);
    }
    return (flags & O_CREAT) != 0;
  }

  static fs::path base_of(const seccomp_notif& call, const WatchedCall& known) {
    const fs::path process = "/proc/" + std::to_string(call.pid);
    const int folder = known.folder < 0 ? AT_FDCWD : static_cast<int>(call.data.args[known.folder]);
    std::error_code gone;
    return fs::read_symlink(
        folder == AT_FDCWD ? process / "cwd" : process / "fd" / std::to_string(folder), gone);
  }

  static bool is_there(pid_t pid, const fs::path& path) {
    const fs::path root = "/proc/" + std::to_string(pid) + "/root";
    const UniqueFd in(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!in) return true;  // ended, or not to be looked into
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT;
    const UniqueFd found(
        static_cast<int>(::syscall(SYS_openat2, in.get(), path.c_str(), &how, sizeof how)));
    return found || (errno != ENOENT && errno != ENOTDIR);
  }

  void write_line(std::string line) const {
    std::replace(line.begin(), line.end(), '\n', '?');
    write_all(report_, line + "\n", "the report");
  }

  int listener_, report_;
  std::string folder_;
  UniqueFd notifications_;
  std::set<std::string> found_;
};

/// By a descriptor of its folder: an address has room for 107 characters.
UniqueFd listen_at(const fs::path& path) {
  const UniqueFd folder(::open(path.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!folder || !fd) throw system_error("making", path.string());
  const std::string reached =
      "/proc/self/fd/" + std::to_string(folder.get()) + "/" + path.filename().string();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, reached.c_str(), reached.size() + 1);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd.get(), 1) != 0)
    throw system_error("listening at", path.string());
  return fd;
}

}  // namespace

MissingWatch::MissingWatch(const fs::path& scratch, const fs::path& report,
                           const std::string& folder)
    : socket_(scratch / "watch.socket") {
  const UniqueFd listener = listen_at(socket_);
  const UniqueFd file(
      ::open(report.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644));
  if (!file) throw system_error("writing", report.string());
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw system_error("starting", "the watch over the container");
  if (pid > 0) {
    helper_ = HelperProcess(pid);
    return;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);
  // Nothing else of the container's may be held open here: its output ends when all have closed it.
  constexpr int k_listener = 3, k_report = 4;
  const UniqueFd first(::fcntl(listener.get(), F_DUPFD, k_report + 1));
  const UniqueFd second(::fcntl(file.get(), F_DUPFD, k_report + 1));
  ::dup2(first.get(), k_listener);
  ::dup2(second.get(), k_report);
  ::syscall(SYS_close_range, k_report + 1U, ~0U, 0U);
  Watcher(k_listener, k_report, folder).serve();
  ::_exit(0);
}

void MissingWatch::put_into(Json& config) const {
  Json& seccomp = config.at("linux").at("seccomp");
  const auto is_watched = [](const Json& name) {
    return std::any_of(std::begin(k_calls), std::end(k_calls),
                       [&](const WatchedCall& call) { return name == call.name; });
  };
  for (Json& rule : seccomp.at("syscalls")) {
    Json kept = Json::array();
    for (const Json& name : rule.at("names"))
      if (!is_watched(name)) kept.push_back(name);
    rule["names"] = std::move(kept);
  }
  Json names = Json::array();
  for (const WatchedCall& call : k_calls) names.push_back(call.name);
  seccomp["syscalls"].push_back({{"names", std::move(names)}, {"action", "SCMP_ACT_NOTIFY"}});
  seccomp["listenerPath"] = socket_.string();
}

}  // namespace trainyard::engine::native
