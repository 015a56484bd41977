#include "fake_engine.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>

#include "base/error.hpp"
#include "base/process.hpp"
#include "store/layer_trees.hpp"
#include "training/training_run.hpp"

namespace trainyard::training::testing {

namespace {

using Clock = std::chrono::steady_clock;

class FakeContainer : public engine::Container {
 public:
  FakeContainer(pid_t pid, UniqueFd output) : pid_(pid), output_(std::move(output)) {}
  ~FakeContainer() override {
    if (!waited_) ::kill(-pid_, SIGKILL);
  }

  void signal(int number) override { ::kill(-pid_, number); }

  engine::ContainerResult wait(const engine::OutputSink& sink) override {
    const auto start = Clock::now();
    std::array<char, 4096> buffer;
    for (;;) {
      const ssize_t n = ::read(output_.get(), buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      sink(engine::Stream::out, {buffer.data(), static_cast<size_t>(n)});
    }
    const ExitStatus status = wait_process(pid_);
    waited_ = true;
    engine::ContainerResult result;
    result.exit_code = status.code;
    result.signal = status.signal;
    result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return result;
  }

 private:
  pid_t pid_;
  UniqueFd output_;
  bool waited_ = false;
};

class FakeEngine : public engine::Engine {
 public:
  FakeEngine() : jobs_(training_jobs()) { jobs_.merge(store::layer_jobs()); }

  std::unique_ptr<engine::Container> start(const engine::ContainerSpec& spec) override {
    fs::path scratch;
    for (const engine::Mount& mount : spec.mounts)
      if (mount.target == spec.working_directory) scratch = mount.source;
    for (const engine::Mount& mount : spec.mounts)
      if (mount.access == engine::Mount::Access::read_only &&
          lies_within(mount.target, spec.working_directory))
        fs::copy(mount.source,
                 scratch / fs::path(mount.target).lexically_relative(spec.working_directory),
                 fs::copy_options::overwrite_existing | fs::copy_options::recursive |
                     fs::copy_options::copy_symlinks);
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC) != 0) throw system_error("making", "a pipe");
    UniqueFd reading(fds[0]);
    const UniqueFd writing(fds[1]);
    const UniqueFd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    ProcessSpec process;
    process.argv = spec.argv;
    process.environment = spec.environment;
    process.working_directory = scratch;
    process.in = nothing.get();
    process.out = process.err = writing.get();
    process.own_session = true;
    process.die_with_parent = true;
    return std::make_unique<FakeContainer>(start_process(process), std::move(reading));
  }

  Json call(const std::string& job, const Json& request) override { return jobs_.at(job)(request); }
  std::string id_map_class() const override { return "full"; }

 private:
  JobTable jobs_;
};

}  // namespace

std::unique_ptr<engine::Engine> make_fake_engine(const store::Store&) {
  return std::make_unique<FakeEngine>();
}

}  // namespace trainyard::training::testing
