#include "engine/native/terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/error.hpp"

namespace trainyard::engine::native {

namespace {

/// Tells of SIGWINCH through a descriptor; one at a time, as there is one terminal.
class WindowChanges {
 public:
  WindowChanges() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    current_ = event_.get();
    struct sigaction action {};
    action.sa_handler = [](int) {
      const uint64_t one = 1;
      const ssize_t ignored = ::write(current_, &one, sizeof one);
      (void)ignored;
    };
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGWINCH, &action, &before_);
  }
  ~WindowChanges() {
    ::sigaction(SIGWINCH, &before_, nullptr);
    current_ = -1;
  }
  WindowChanges(const WindowChanges&) = delete;
  WindowChanges& operator=(const WindowChanges&) = delete;

  int fd() const { return event_.get(); }
  void clear() const {
    uint64_t ignored = 0;
    while (::read(event_.get(), &ignored, sizeof ignored) > 0) {
    }
  }

 private:
  static inline std::atomic<int> current_ = -1;
  UniqueFd event_;
  struct sigaction before_ {};
};

/// The tool's own terminal in raw mode while this lives: every key is the container's.
class RawMode {
 public:
  RawMode() {
    if (::isatty(STDIN_FILENO) == 0 || ::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios raw = before_;
    ::cfmakeraw(&raw);
    active_ = ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
  }
  ~RawMode() {
    if (active_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  }
  RawMode(const RawMode&) = delete;
  RawMode& operator=(const RawMode&) = delete;

 private:
  termios before_{};
  bool active_ = false;
};

std::optional<winsize> own_window() {
  winsize size{};
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size;
  return std::nullopt;
}

void copy_window_size(int to) {
  if (const auto size = own_window()) ::ioctl(to, TIOCSWINSZ, &*size);
}

/// False when the terminal's other side is closed (EIO).
bool deliver_output(int master, const OutputSink& sink) {
  std::array<char, 16384> buffer;
  const ssize_t n = ::read(master, buffer.data(), buffer.size());
  if (n < 0) return errno == EINTR || errno == EAGAIN;
  if (n == 0) return false;
  const std::string_view text(buffer.data(), static_cast<size_t>(n));
  if (sink)
    sink(Stream::out, text);
  else
    write_all(STDOUT_FILENO, text, "standard output");
  return true;
}

/// False when there is no more input.
bool deliver_input(int master) {
  std::array<char, 4096> buffer;
  const ssize_t n = ::read(STDIN_FILENO, buffer.data(), buffer.size());
  if (n < 0) return errno == EINTR || errno == EAGAIN;
  if (n == 0) {
    constexpr char k_end_of_file = 4;  // Ctrl-D, as a terminal says it
    const ssize_t ignored = ::write(master, &k_end_of_file, 1);
    (void)ignored;
    return false;
  }
  try {
    write_all(master, {buffer.data(), static_cast<size_t>(n)}, "the container's terminal");
  } catch (const Error&) {
    return false;  // the container has ended
  }
  return true;
}

}  // namespace

Json window_size() {
  const auto size = own_window();
  return size ? Json{{"height", size->ws_row}, {"width", size->ws_col}} : Json(nullptr);
}

ConsoleSocket::ConsoleSocket(const fs::path& folder)
    : listening_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (::chdir(folder.c_str()) != 0) throw system_error("entering", folder.string());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, k_name, std::strlen(k_name) + 1);
  if (!listening_ ||
      ::bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listening_.get(), 1) != 0)
    throw system_error("making", "the console socket");
}

UniqueFd ConsoleSocket::receive_master() {
  pollfd ready{listening_.get(), POLLIN, 0};
  if (::poll(&ready, 1, 0) > 0) {
    const UniqueFd connection(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (connection)
      if (std::optional<UniqueFd> master = receive_fd(connection.get())) return std::move(*master);
  }
  throw Error("receiving", "the container's terminal", "the runtime did not hand it over");
}

TerminalContainer::TerminalContainer(Channel channel, UniqueFd master)
    : link_(std::move(channel)), master_(std::move(master)) {
  copy_window_size(master_.get());
}

ContainerResult TerminalContainer::wait(const OutputSink& sink) {
  const RawMode raw;
  const WindowChanges changes;
  copy_window_size(master_.get());
  std::optional<ContainerResult> result;
  std::array<pollfd, 4> polls{{{master_.get(), POLLIN, 0},
                               {STDIN_FILENO, POLLIN, 0},
                               {changes.fd(), POLLIN, 0},
                               {link_.fd(), POLLIN, 0}}};
  while (polls[0].fd >= 0 || !result) {
    if (::poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR)
      throw system_error("waiting for", "the container");
    if (polls[2].revents != 0) {
      changes.clear();
      copy_window_size(master_.get());
    }
    if (polls[0].revents != 0 && !deliver_output(master_.get(), sink)) polls[0].fd = -1;
    if (polls[1].revents != 0 && !deliver_input(master_.get())) polls[1].fd = -1;
    if (polls[3].revents != 0) {
      result = link_.receive_result();
      polls[3].fd = -1;
    }
    for (pollfd& entry : polls) entry.revents = 0;
  }
  return *result;
}

}  // namespace trainyard::engine::native
