#include "engine/native/native_engine.hpp"

#include <unistd.h>

#include <cstdlib>
#include <future>
#include <list>
#include <mutex>

#include "base/error.hpp"
#include "base/process.hpp"
#include "engine/native/cgroup.hpp"
#include "engine/native/error_wire.hpp"
#include "engine/native/native_container.hpp"
#include "engine/native/runtime_choice.hpp"
#include "engine/native/spec_wire.hpp"
#include "engine/native/supervisor.hpp"
#include "engine/native/terminal.hpp"
#include "engine/native/trial_container.hpp"

namespace trainyard::engine::native {

namespace {

class NativeEngine : public Engine {
 public:
  explicit NativeEngine(NativeOptions options)
      : options_(std::move(options)),
        map_(caller_id_map()),
        folder_(absolute_normal(options_.store) / "engine") {
    const char* wanted = std::getenv("TRAINYARD_RUNTIME");
    if (!options_.runtime && wanted != nullptr) options_.runtime = wanted;
  }

  ~NativeEngine() override {
    supervisor_.reset();
    if (!used_) return;
    try {
      sweep_cgroups();  // those of tools that were killed
    } catch (const std::exception&) {
      // Who is alive cannot be told now; a later tool sweeps.
    }
  }
  NativeEngine(const NativeEngine&) = delete;
  NativeEngine& operator=(const NativeEngine&) = delete;

  std::unique_ptr<Container> start(const ContainerSpec& spec) override {
    return start_with(runtime(), spec);
  }

  void expect_start() override {
    const std::lock_guard lock(mutex_);
    if (way_.valid() && way_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
    try {
      begin_supervisor();
      way_ = std::async(std::launch::async, [] {
        block_all_signals();
        open_way_into_cgroups();
      });
    } catch (const std::exception&) {
      // Without a thread to spare, or a folder: the start itself says so.
    }
  }

  void settle() override {
    const std::lock_guard lock(mutex_);
    supervisor_.reset();  // it waits for its children; the next request starts a new one
  }

  Json call(const std::string& job, const Json& request) override {
    Channel channel = supervisor().open_request();
    channel.send({{"job", job}, {"request", request}});
    const std::optional<Message> answer = channel.receive();
    if (!answer)
      throw Error("running", "job " + job, "its process ended before it answered",
                  "out of memory, or killed? Run the command again");
    if (answer->body.contains("error")) throw_error_of(answer->body.at("error"));
    return answer->body.at("answer");
  }

  std::string id_map_class() const override { return map_.id_class(); }

 private:
  Supervisor& supervisor() {
    const std::lock_guard lock(mutex_);
    begin_supervisor();
    return *supervisor_;
  }

  void begin_supervisor() {
    if (supervisor_) return;
    make_directories(folder_ / "mnt", 0700);
    supervisor_.emplace(map_);
    used_ = true;
  }

  const Runtime& runtime() {
    supervisor();
    const std::lock_guard lock(runtime_mutex_);
    if (!runtime_)
      runtime_ = choose_runtime(options_.runtime, folder_,
                                [this](const Runtime& candidate) { probe(candidate); });
    return *runtime_;
  }

  void probe(const Runtime& candidate) {
    const fs::path work = probes_.emplace_back(folder_, "probe-").path();
    const fs::path layer = work / "layer";
    if (!make_trial_layer(layer)) return;
    const ContainerResult result = start_with(candidate, trial_container(layer, work))->wait({});
    if (result.exit_code != 0)
      throw Error("trying", candidate.path.string(),
                  "a trial container ended with exit code " + std::to_string(result.exit_code));
  }

  std::unique_ptr<Container> start_with(const Runtime& with, const ContainerSpec& spec) {
    Channel channel = supervisor().open_request();
    const Json request = {
        {"container", spec_to_json(spec)},     {"runtime", with.path.string()},
        {"engine_folder", folder_.string()},   {"id_map", static_cast<int>(map_.kind)},
        {"cgroup_owner", cgroup_owner_name()}, {"window", window_size()}};
    channel.send(request, spec.interactive && !spec.terminal ? std::vector<int>{STDIN_FILENO}
                                                             : std::vector<int>{});
    std::optional<Message> answer = channel.receive();
    if (!answer)
      throw Error("starting", "a container",
                  "its process in the supervisor ended before it answered");
    if (answer->body.contains("error")) throw_error_of(answer->body.at("error"));
    if (spec.terminal)
      return std::make_unique<TerminalContainer>(std::move(channel), std::move(answer->fds.at(0)));
    return std::make_unique<NativeContainer>(std::move(channel), std::move(answer->fds.at(0)),
                                             std::move(answer->fds.at(1)));
  }

  NativeOptions options_;
  IdMap map_;
  fs::path folder_;
  std::mutex mutex_;
  std::mutex runtime_mutex_;
  std::list<TemporaryDirectory> probes_;  ///< their containers may still tidy up
  std::future<void> way_;                 ///< into cgroups, being opened
  std::optional<Supervisor> supervisor_;
  bool used_ = false;  ///< there was a supervisor at some time
  std::optional<Runtime> runtime_;
};

}  // namespace

std::unique_ptr<Engine> make_native_engine(NativeOptions options) {
  return std::make_unique<NativeEngine>(std::move(options));
}

}  // namespace trainyard::engine::native
