#include "training/metrics_follower.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "base/error.hpp"
#include "base/memory_limit.hpp"
#include "training/event_file.hpp"
#include "training/metric_name.hpp"
#include "training/metrics_file.hpp"
#include "training/scratch_walk.hpp"

namespace trainyard::training {

namespace {

constexpr std::chrono::seconds k_interval{1};
constexpr size_t k_most_live_names = 64;
constexpr size_t k_longest_live_name = 200;
constexpr size_t k_most_files = 100;
constexpr size_t k_most_entries = 10'000;  ///< looked at in folders of event files
/// Of a text that grew by more only the end is read: the newest values are what counts.
constexpr uint64_t k_most_text = 1 << 20;

/// One look at the files of a scratch folder.
class Look {
 public:
  Look(const std::string& scratch, Json before)
      : root_(::open(scratch.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
        before_(std::move(before)) {
    if (!root_) throw system_error("opening the working folder", scratch);
  }

  void take(const std::string& path) {
    const UniqueFd fd = open_beneath(root_.get(), path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0) return;
    if (S_ISDIR(status.st_mode))
      take_folder(fd.get(), path, "");
    else if (S_ISREG(status.st_mode))
      take_file(fd.get(), path, "", status);
  }

  Json answer() && { return {{"state", std::move(after_)}, {"values", to_json(values_)}}; }

 private:
  void take_folder(int folder, const std::string& path, const std::string& prefix) {
    for (const std::string& name : names_in(folder, path)) {
      if (++entries_ > k_most_entries || metric_name(name) != name) continue;
      const UniqueFd fd(::openat(folder, name.c_str(),
                                 O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC));
      struct stat status {};
      if (!fd || ::fstat(fd.get(), &status) != 0) continue;
      if (S_ISDIR(status.st_mode))
        take_folder(fd.get(), path + "/" + name, prefix + name + "/");
      else if (S_ISREG(status.st_mode) && is_event_file(name))
        take_file(fd.get(), path + "/" + name, prefix, status);
    }
  }

  /// State of a file: its inode, size and mtime at the last look, and how far it was read.
  void take_file(int fd, const std::string& path, const std::string& prefix,
                 const struct stat& status) {
    if (after_.size() >= k_most_files) return;
    const Json seen = {status.st_ino, status.st_size, status.st_mtim.tv_sec,
                       status.st_mtim.tv_nsec};
    uint64_t offset = 0;
    if (const auto it = before_.find(path); it != before_.end()) {
      if (it->at("seen") == seen) {
        after_[path] = *it;
        return;
      }
      const uint64_t read = it->at("offset").get<uint64_t>();
      if (it->at("seen").at(0) == seen.at(0) && read <= static_cast<uint64_t>(status.st_size))
        offset = read;
    }
    try {
      offset = is_event_file(path)
                   ? read_events_of(fd, path, prefix, offset)
                   : read_text_of(fd, path, offset, static_cast<uint64_t>(status.st_size));
    } catch (const Error&) {
      offset = static_cast<uint64_t>(status.st_size);  // whatever comes may be better
    }
    after_[path] = {{"seen", seen}, {"offset", offset}};
  }

  uint64_t read_events_of(int fd, const std::string& path, const std::string& prefix,
                          uint64_t offset) {
    return read_events(fd, offset, path,
                       [&](const ScalarEvent& event) {
                         put(prefix + event.tag, event.value);
                         put("step", static_cast<double>(event.step));
                       })
        .offset;
  }

  static std::string bytes_at(int fd, uint64_t offset, uint64_t size, const std::string& path) {
    std::string bytes(static_cast<size_t>(size), '\0');
    size_t got = 0;
    while (got < bytes.size()) {
      const ssize_t n =
          ::pread(fd, bytes.data() + got, bytes.size() - got, static_cast<off_t>(offset + got));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw system_error("reading", path);
      if (n == 0) break;
      got += static_cast<size_t>(n);
    }
    bytes.resize(got);
    return bytes;
  }

  static bool has_lines(const std::string& path) {
    return path.ends_with(".csv") || path.ends_with(".jsonl") || path.ends_with(".ndjson");
  }

  uint64_t read_text_of(int fd, const std::string& path, uint64_t offset, uint64_t size) {
    if (!has_lines(path)) {
      // One object, which is written anew each time, or lines: only the whole tells.
      if (size <= k_most_text) take_rows(bytes_at(fd, 0, size, path), path);
      return 0;
    }
    const bool skips = size - offset > k_most_text;
    const uint64_t from = skips ? size - k_most_text : offset;
    std::string text = bytes_at(fd, from, size - from, path);
    text.resize(text.rfind('\n') + 1);  // npos + 1 is 0: no line is complete
    const uint64_t read = from + text.size();
    if (skips) text.erase(0, text.find('\n') + 1);
    if (path.ends_with(".csv") && from > 0) {
      const std::string head = bytes_at(fd, 0, std::min<uint64_t>(size, 1 << 16), path);
      text.insert(0, head.substr(0, head.find('\n') + 1));
    }
    if (!text.empty()) take_rows(text, path);
    return read;
  }

  void take_rows(const std::string& text, const std::string& path) {
    read_metric_rows(text, path, [this](const MetricRow& row) {
      for (const auto& [name, value] : row) put(name, value);
    });
  }

  /// How far the training is always has room.
  void put(const std::string& name, double value) {
    const bool tells_position = name == "step" || name == "epoch";
    if (tells_position || values_.contains(name) ||
        (values_.size() < k_most_live_names && name.size() <= k_longest_live_name))
      values_[name] = value;
  }

  UniqueFd root_;
  Json before_;
  Json after_ = Json::object();
  LiveMetrics values_;
  size_t entries_ = 0;
};

}  // namespace

struct MetricsFollower::Thread {
  Thread(JobRunner& runner, Json request, Sink sink)
      : thread([this, &runner, request = std::move(request), sink = std::move(sink)]() mutable {
          follow(runner, std::move(request), sink);
        }) {}

  ~Thread() {
    {
      const std::lock_guard lock(mutex);
      ended = true;
    }
    wake.notify_all();
    thread.join();
  }

  void follow(JobRunner& runner, Json request, const Sink& sink) {
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, k_interval, [this] { return ended; })) {
      lock.unlock();
      try {
        Json answer = runner.call(k_follow_job, request);
        const LiveMetrics values = parse_live_metrics(answer.at("values"));
        request["state"] = std::move(answer.at("state"));
        if (!values.empty()) sink(values);
      } catch (const std::exception&) {
        return;  // the container is ending; what is wrong with a file is said when it is collected
      }
      lock.lock();
    }
  }

  std::mutex mutex;
  std::condition_variable wake;
  bool ended = false;
  std::thread thread;  ///< the last member: it uses the others
};

MetricsFollower::MetricsFollower(JobRunner& runner, const RunPlan& plan, const fs::path& scratch,
                                 Sink sink) {
  std::vector<std::string> paths = plan.metrics;
  for (const std::string& path : plan.plots)
    if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(path);
  if (!sink || paths.empty()) return;
  thread_ = std::make_unique<Thread>(
      runner,
      Json{{"scratch", scratch.string()}, {"paths", std::move(paths)}, {"state", Json::object()}},
      std::move(sink));
}

MetricsFollower::~MetricsFollower() = default;

Json follow_job(const Json& request) {
  const MemoryLimit limit;
  Look look(request.at("scratch").get<std::string>(), request.at("state"));
  for (const Json& path : request.at("paths")) look.take(path.get<std::string>());
  return std::move(look).answer();
}

Json to_json(const LiveMetrics& metrics) {
  Json json = Json::object();
  for (const auto& [name, value] : metrics) {
    char text[40];
    std::snprintf(text, sizeof text, "%.17g", value);
    json[name] = text;
  }
  return json;
}

LiveMetrics parse_live_metrics(const Json& json) {
  LiveMetrics metrics;
  for (const auto& [name, value] : json.items())
    metrics[name] = std::strtod(value.get_ref<const std::string&>().c_str(), nullptr);
  return metrics;
}

}  // namespace trainyard::training
