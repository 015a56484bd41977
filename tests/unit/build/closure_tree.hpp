#pragma once

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/process.hpp"
#include "build/executable_closure.hpp"

namespace trainyard::test {

/// The closure as a file tree that a process can be put into.
class ClosureTree {
 public:
  explicit ClosureTree(const build::Closure& closure) {
    for (const auto& file : closure.files) {
      const fs::path place = root_.path() / fs::path(file.target).relative_path();
      make_directories(place.parent_path());
      if (file.link.empty())
        fs::copy_file(file.source, place);
      else
        fs::create_symlink(file.link, place);
    }
    make_directories(root_.path() / "proc");
  }

  /// Runs `argv` with the tree as its root and only /proc of this machine in it.
  Captured run(const std::vector<std::string>& argv, const std::vector<std::string>& environment) {
    int out[2];
    BOOST_REQUIRE(::pipe(out) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(out[1], 1);
      ::dup2(out[1], 2);
      enter_and_execute(argv, environment);
    }
    ::close(out[1]);
    Captured result;
    result.out = read_all(out[0], "the program's output");
    ::close(out[0]);
    result.status = wait_process(child);
    return result;
  }

 private:
  [[noreturn]] void enter_and_execute(std::vector<std::string> argv,
                                      std::vector<std::string> environment) {
    const auto pointers = [](std::vector<std::string>& texts) {
      std::vector<char*> list;
      for (auto& text : texts) list.push_back(text.data());
      list.push_back(nullptr);
      return list;
    };
    const int namespaces = ::geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER;
    if (::unshare(namespaces) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("/proc", (root_.path() / "proc").c_str(), nullptr, MS_BIND | MS_REC, nullptr) !=
            0 ||
        ::chroot(root_.path().c_str()) != 0 || ::chdir("/") != 0) {
      ::perror("entering the tree");
      ::_exit(125);
    }
    ::execve(argv[0].c_str(), pointers(argv).data(), pointers(environment).data());
    ::perror(argv[0].c_str());
    ::_exit(127);
  }

  TemporaryDirectory root_;
};

}  // namespace trainyard::test
