#pragma once

#include <fcntl.h>

#include <csignal>
#include <string>
#include <utility>

#include "base/process.hpp"
#include "run_fixture.hpp"

namespace trainyard::training::testing {

/// `trainyard run --spec` in a process of its own.
class Tool {
 public:
  Tool(const fs::path& folder, const store::Store& store, const fs::path& spec)
      : out_(folder / ("out-" + random_name(6))), err_(folder / ("err-" + random_name(6))) {
    const UniqueFd out(::open(out_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    const UniqueFd err(::open(err_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    ProcessSpec process;
    process.argv = {own_executable().string(), "internal-tool", store.root().string(),
                    spec.string()};
    process.out = out.get();
    process.err = err.get();
    pid_ = start_process(process);
  }
  ~Tool() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      wait_process(pid_);
    }
  }
  Tool(const Tool&) = delete;
  Tool& operator=(const Tool&) = delete;

  void signal(int number) const { ::kill(pid_, number); }
  ExitStatus wait() { return wait_process(std::exchange(pid_, -1)); }
  std::string out() const { return read_file(out_); }
  std::string err() const { return read_file(err_); }
  void wait_for_output(const std::string& text) const {
    wait_until([&] { return out().find(text) != std::string::npos; },
               "a tool shows \"" + text + "\"");
  }

 private:
  fs::path out_, err_;
  pid_t pid_;
};

}  // namespace trainyard::training::testing
