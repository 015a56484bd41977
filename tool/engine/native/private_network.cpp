#include "engine/native/private_network.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/process.hpp"

namespace trainyard::engine::native {

namespace {

/// A process in a new network namespace, which lives until it is killed.
HelperProcess start_holder() {
  int ready[2];
  if (::pipe2(ready, O_CLOEXEC) != 0) throw system_error("making", "a pipe");
  const UniqueFd reading(ready[0]);
  UniqueFd writing(ready[1]);
  const pid_t pid = ::fork();
  if (pid < 0) throw system_error("making", "a network namespace");
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::unshare(CLONE_NEWNET) != 0) ::_exit(1);
    if (::write(writing.get(), "1", 1) != 1) ::_exit(1);
    while (true) ::pause();
  }
  HelperProcess holder(pid);
  writing.reset();
  if (read_all(reading.get(), "the network namespace's process", 1) == "1") return holder;
  throw Error("making", "a network namespace", "the kernel refused it",
              "`trainyard doctor` tells more");
}

}  // namespace

PrivateNetwork::PrivateNetwork() {
  const fs::path program = find_program("slirp4netns");
  if (program.empty())
    throw Error("making", "a private network", "slirp4netns is not installed",
                "sudo apt-get install slirp4netns, or use the network \"host\" or \"none\"");
  holder_ = start_holder();
  start_slirp(program);
}

void PrivateNetwork::start_slirp(const std::string& program) {
  int ready[2];
  if (::pipe2(ready, O_CLOEXEC) != 0) throw system_error("making", "a pipe");
  const UniqueFd reading(ready[0]);
  UniqueFd writing(ready[1]);
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  ProcessSpec spec;
  spec.argv = {program,
               "--configure",
               "--mtu=65520",
               "--disable-host-loopback",
               "--ready-fd=" + std::to_string(writing.get()),
               std::to_string(holder_.pid()),
               "tap0"};
  spec.in = spec.out = spec.err = null.get();
  spec.keep = {writing.get()};
  spec.die_with_parent = true;
  slirp_ = HelperProcess(start_process(spec));
  writing.reset();
  if (read_all(reading.get(), "slirp4netns", 1) != "1")
    throw Error(
        "making", "a private network", "slirp4netns ended before the network was there",
        "may this user open /dev/net/tun? `sudo modprobe tun; sudo chmod 666 /dev/net/tun`");
}

}  // namespace trainyard::engine::native
