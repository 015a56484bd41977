#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/unique_fd.hpp"

namespace trainyard::testing {

/// Both ends of a pseudo-terminal: what is written to `terminal()` is read from `screen()`.
class PseudoTerminal {
 public:
  explicit PseudoTerminal(int columns) : screen_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    if (!screen_ || ::grantpt(screen_.get()) != 0 || ::unlockpt(screen_.get()) != 0)
      throw system_error("opening", "a pseudo-terminal");
    const char* name = ::ptsname(screen_.get());
    if (name != nullptr) terminal_.reset(::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!terminal_) throw system_error("opening", "a pseudo-terminal's other end");
    winsize size{};
    size.ws_col = static_cast<unsigned short>(columns);
    size.ws_row = 24;
    if (::ioctl(terminal_.get(), TIOCSWINSZ, &size) != 0)
      throw system_error("sizing", "a pseudo-terminal");
  }
  int screen() const { return screen_.get(); }
  int terminal() const { return terminal_.get(); }
  void close_terminal() { terminal_.reset(); }

 private:
  UniqueFd screen_;
  UniqueFd terminal_;
};

}  // namespace trainyard::testing
