#include "report/build_progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <map>
#include <mutex>
#include <thread>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/quantity.hpp"
#include "base/spelling.hpp"
#include "base/terminal.hpp"
#include "report/line_splitter.hpp"

namespace trainyard::report {

using build::StepEvent;
using Clock = std::chrono::steady_clock;

namespace {

void show(const std::string& text) {
  // One write per line or block: lines of parallel builds must not mix within a line.
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::write(STDERR_FILENO, text.data() + done, text.size() - done);
    if (n <= 0) return;  // a progress display that cannot be shown is no reason to fail
    done += static_cast<size_t>(n);
  }
}

/// Why a step is made, behind its outcome; empty when there is nothing to say.
std::string because(const std::string& reason) {
  return reason.empty() ? "" : "  (" + reason + ")";
}

/// What stands behind a finished step.
std::string outcome(const StepEvent& event) {
  switch (event.kind) {
    case StepEvent::Kind::cached:
      return "cached";
    case StepEvent::Kind::failed:
      return "failed after " + format_duration(event.seconds);
    default:
      return format_duration(event.seconds);
  }
}

bool finishes(StepEvent::Kind kind) {
  return kind == StepEvent::Kind::cached || kind == StepEvent::Kind::done ||
         kind == StepEvent::Kind::failed;
}

const char* kind_name(StepEvent::Kind kind) {
  switch (kind) {
    case StepEvent::Kind::fetching:
      return "fetching";
    case StepEvent::Kind::warning:
      return "warning";
    case StepEvent::Kind::started:
      return "started";
    case StepEvent::Kind::output:
      return "output";
    case StepEvent::Kind::cached:
      return "cached";
    case StepEvent::Kind::done:
      return "done";
    case StepEvent::Kind::failed:
      return "failed";
    case StepEvent::Kind::digest_known:
      return "digest_known";
  }
  return "";
}

/// On one line of the display: a tab's width depends on where it stands, a newline has none.
std::string one_line(std::string_view text) {
  std::string line = printable(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return line;
}

}  // namespace

std::string step_label(const StepEvent& event) {
  std::string label = "[" + event.image;
  if (!event.stage.empty()) label += " " + event.stage;
  label += " " + std::to_string(event.number) + "/" + std::to_string(event.total) + "] ";
  return label + one_line(event.text);
}

namespace {

/// What is said of the build as a whole; empty for events of steps.
std::string said_of_build(const StepEvent& event) {
  if (event.kind == StepEvent::Kind::warning) return event.text;
  if (event.kind != StepEvent::Kind::fetching) return {};
  return "[" + event.image + "] fetching " + one_line(event.text) + "\n";
}

}  // namespace

class BuildProgress::View {
 public:
  virtual ~View() = default;
  virtual void take(const StepEvent& event) = 0;
  virtual void close() {}
};

class BuildProgress::LineView : public View {
 public:
  explicit LineView(bool with_output) : with_output_(with_output) {}

  void take(const StepEvent& event) override {
    const std::lock_guard lock(mutex_);
    const auto show_output = [&event](std::string_view line) {
      show("[" + event.image + " " + std::to_string(event.number) + "/" +
           std::to_string(event.total) + "] | " + printable(line) + "\n");
    };
    if (const std::string text = said_of_build(event); !text.empty()) {
      show(text);
    } else if (finishes(event.kind)) {
      if (auto rest = splitters_.extract(event.number)) rest.mapped().finish(show_output);
      const auto reason = reasons_.extract(event.number);
      show(step_label(event) + "  " + outcome(event) +
           (reason ? because(one_line(reason.mapped())) : "") + "\n");
    } else if (event.kind == StepEvent::Kind::started) {
      reasons_[event.number] = event.output;
    } else if (with_output_ && event.kind == StepEvent::Kind::output) {
      splitters_[event.number].add(event.output, show_output);
    }
  }

 private:
  std::mutex mutex_;
  bool with_output_;
  std::map<int, LineSplitter> splitters_;
  std::map<int, std::string> reasons_;
};

class BuildProgress::JsonView : public View {
 public:
  void take(const StepEvent& event) override {
    Json json{{"event", kind_name(event.kind)}, {"image", event.image}, {"stage", event.stage},
              {"step", event.number},           {"of", event.total},    {"text", event.text}};
    if (event.kind == StepEvent::Kind::output) json["output"] = std::string(event.output);
    if (event.kind == StepEvent::Kind::started && !event.output.empty()) {
      json["reason"] = std::string(event.output);
      if (event.seconds > 0) json["last_seconds"] = event.seconds;
    }
    if (event.kind == StepEvent::Kind::done || event.kind == StepEvent::Kind::failed)
      json["seconds"] = event.seconds;
    const std::lock_guard lock(mutex_);
    show(dump_json(json) + "\n");
  }

 private:
  std::mutex mutex_;
};

/// Finished steps scroll up as ordinary lines; below them stands one line for each step that is
/// running, with its time and the last line it printed, drawn anew ten times a second.
class BuildProgress::LiveView final : public View {
 public:
  LiveView() : ticker_([this] { tick(); }) {}
  ~LiveView() override { close(); }

  void take(const StepEvent& event) override {
    const std::lock_guard lock(mutex_);
    if (const std::string text = said_of_build(event); !text.empty()) {
      erase();
      show(text);
      draw();
    } else if (finishes(event.kind)) {
      const auto step = running_.extract(event.number);
      erase();
      const Terminal terminal = inspect_terminal(STDERR_FILENO);
      const std::string end = outcome(event) + (step ? because(step.mapped().reason) : "");
      show(fit_columns(step_label(event), terminal.columns - 2 - static_cast<int>(end.size())) +
           "  " + paint(event.kind, end, terminal.colour) + "\n");
      draw();
    } else if (event.kind == StepEvent::Kind::started && !closed_) {
      running_[event.number] = {step_label(event), Clock::now(), one_line(event.output), {}, {}};
    } else if (event.kind == StepEvent::Kind::output) {
      const auto it = running_.find(event.number);
      if (it != running_.end())
        it->second.splitter.add(event.output,
                                [&](std::string_view line) { it->second.last = line; });
    }
  }

  void close() override {
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return;
      closed_ = true;
      running_.clear();
      erase();
    }
    wake_.notify_all();
    ticker_.join();
  }

 private:
  struct Running {
    std::string label;
    Clock::time_point since;
    std::string reason;
    std::string last;
    LineSplitter splitter;
  };

  static std::string paint(StepEvent::Kind kind, const std::string& text, bool colour) {
    if (!colour) return text;
    const char* code = kind == StepEvent::Kind::failed   ? "\x1b[31m"
                       : kind == StepEvent::Kind::cached ? "\x1b[36m"
                                                         : "\x1b[32m";
    return code + text + "\x1b[0m";
  }

  void tick() {
    std::unique_lock lock(mutex_);
    while (!closed_) {
      wake_.wait_for(lock, std::chrono::milliseconds(100));
      if (closed_) return;
      erase();
      draw();
    }
  }

  void erase() {
    if (drawn_ == 0) return;
    std::string text;
    for (int i = 0; i < drawn_; ++i) text += "\x1b[1A\x1b[2K";
    show("\r" + text);
    drawn_ = 0;
  }

  void draw() {
    const int columns = inspect_terminal(STDERR_FILENO).columns;
    std::string text;
    for (const auto& [number, step] : running_) {
      const double seconds = std::chrono::duration<double>(Clock::now() - step.since).count();
      const std::string time = format_duration(seconds);
      std::string line =
          fit_columns(step.label, columns - 2 - static_cast<int>(time.size())) + "  " + time;
      line += step.last.empty() ? because(step.reason) : "  | " + one_line(step.last);
      text += fit_columns(line, columns) + "\n";
    }
    drawn_ = static_cast<int>(running_.size());
    show(text);
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<int, Running> running_;
  int drawn_ = 0;
  bool closed_ = false;
  std::thread ticker_;
};

ProgressStyle parse_progress_style(const std::string& text) {
  if (text == "auto") return ProgressStyle::automatic;
  if (text == "plain") return ProgressStyle::plain;
  if (text == "json") return ProgressStyle::json;
  if (text == "quiet") return ProgressStyle::quiet;
  const std::string near = suggestion(text, {"auto", "plain", "json", "quiet"});
  throw usage_error("reading", "--progress",
                    "\"" + text + "\" is not one of auto, plain, json, quiet", near);
}

BuildProgress::BuildProgress(ProgressStyle style) {
  if (style == ProgressStyle::quiet) return;
  if (style == ProgressStyle::json)
    view_ = std::make_unique<JsonView>();
  else if (style == ProgressStyle::automatic && inspect_terminal(STDERR_FILENO).is_terminal)
    view_ = std::make_unique<LiveView>();
  else
    view_ = std::make_unique<LineView>(style == ProgressStyle::plain);
}

BuildProgress::~BuildProgress() = default;

build::Progress BuildProgress::receiver() {
  return [this](const StepEvent& event) {
    if (view_) view_->take(event);
  };
}

void BuildProgress::close() {
  if (view_) view_->close();
}

}  // namespace trainyard::report
