#include "training/keeper_worker.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>
#include <iostream>

#include "base/error_of.hpp"
#include "store/run_records.hpp"
#include "store/work_folder.hpp"
#include "training/error_message.hpp"
#include "training/keeper_protocol.hpp"

namespace trainyard::training {

namespace {

constexpr size_t k_most_metrics = 128;  ///< a message is one packet

}  // namespace

KeeperState::KeeperState() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) throw system_error("making", "an event descriptor");
}

void KeeperState::wake() const {
  const uint64_t one = 1;
  const ssize_t ignored = ::write(event_.get(), &one, sizeof one);
  (void)ignored;
}

void KeeperState::clear() const {
  uint64_t count = 0;
  const ssize_t ignored = ::read(event_.get(), &count, sizeof count);
  (void)ignored;
}

bool KeeperState::stop_requested() {
  const std::lock_guard lock(mutex);
  return stop;
}

void KeeperState::signal(int number) {
  const std::lock_guard lock(container_mutex);
  if (container != nullptr) container->signal(number);
}

KeeperWorker::KeeperWorker(KeeperState& state, const store::Store& store, RunPlan plan,
                           const MakeEngine& make_engine)
    : state_(state),
      store_(store),
      plan_(std::move(plan)),
      make_engine_(make_engine),
      log_path_(store::run_folder(store_, plan_.key) / "log") {
  ::unlink(log_path_.c_str());  // an earlier try's: whoever reads it keeps it
  log_ =
      UniqueFd(::open(log_path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600));
  if (!log_) throw system_error("making", log_path_.string());
}

void KeeperWorker::run() {
  std::unique_ptr<engine::Engine> engine;
  Json end = {{"type", message::ended}};
  try {
    engine = make_engine_(store_);
    execute_run(store_, *engine, plan_, events());
    end["status"] = "done";
  } catch (const RunStopped&) {
    end["status"] = "stopped";
  } catch (const std::exception& error) {
    end["status"] = "failed";
    end["error"] = to_json(error_of(error, "training", plan_.target));
  }
  {
    const std::lock_guard lock(state_.mutex);
    state_.end = std::move(end);
  }
  state_.wake();
  if (engine) sweep(*engine);
}

ExecutionEvents KeeperWorker::events() {
  ExecutionEvents events;
  events.log = [this](std::string_view bytes) {
    write_all(log_.get(), bytes, log_path_.string());
    {
      const std::lock_guard lock(state_.mutex);
      state_.grew = true;
    }
    state_.wake();
  };
  events.note = [this](const std::string& text) {
    {
      const std::lock_guard lock(state_.mutex);
      state_.notes.push_back(text);
    }
    state_.wake();
  };
  events.metrics = [this](const LiveMetrics& metrics) {
    {
      const std::lock_guard lock(state_.mutex);
      for (const auto& [name, value] : metrics)
        if (state_.metrics.size() < k_most_metrics || state_.metrics.contains(name))
          state_.metrics[name] = value;
      state_.metrics_changed = true;
    }
    state_.wake();
  };
  events.waiting = [this](const std::string& text) {
    {
      const std::lock_guard lock(state_.mutex);
      state_.waiting = text;
      if (!text.empty()) state_.notes.push_back(text);
    }
    state_.wake();
  };
  events.container = [this](engine::Container* container) {
    {
      const std::lock_guard lock(state_.container_mutex);
      state_.container = container;
    }
    if (container == nullptr) {
      const std::lock_guard lock(state_.mutex);
      state_.container_ended = true;
    } else if (state_.stop_requested()) {
      state_.signal(SIGTERM);
    }
  };
  events.stop_requested = [this] { return state_.stop_requested(); };
  return events;
}

void KeeperWorker::sweep(engine::Engine& engine) const {
  try {
    if (!store::abandoned_work_folders(store_).empty()) store::sweep(store_, engine);
  } catch (const std::exception& error) {
    std::cerr << "sweeping: " << error.what() << '\n';
  }
}

}  // namespace trainyard::training
