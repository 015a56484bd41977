// Layers are unpacked and hashed by a process that is root, if only in a user namespace of the
// tool's supervisor. These tests call that work directly: an ordinary user who runs them becomes
// root of a namespace first.

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "base/file.hpp"

namespace {

void write_map(const char* file, const std::string& text) {
  const std::string path = std::string("/proc/self/") + file;
  const trainyard::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  BOOST_TEST_REQUIRE(::write(fd.get(), text.data(), text.size()) ==
                     static_cast<ssize_t>(text.size()));
}

struct OwnNamespace {
  OwnNamespace() {
    if (::geteuid() == 0) return;
    const std::string uids = "0 " + std::to_string(::geteuid()) + " 1";
    const std::string gids = "0 " + std::to_string(::getegid()) + " 1";
    BOOST_TEST_REQUIRE(::unshare(CLONE_NEWUSER) == 0);
    write_map("setgroups", "deny");
    write_map("uid_map", uids);
    write_map("gid_map", gids);
  }
};

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(OwnNamespace);
