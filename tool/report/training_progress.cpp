#include "report/training_progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/quantity.hpp"
#include "base/terminal.hpp"

namespace trainyard::report {

namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t k_longest_line = 4096;
constexpr int k_bar_width = 24;
constexpr std::string_view k_totals[] = {"total", "max", "num", "n_", "n-"};

std::string lowered(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

/// "epoch" for epoch, epochs, n_epochs, --epochs, num-epochs; likewise step and iteration; else
/// empty.
std::string unit_of(std::string_view word) {
  const std::string name = lowered(word);
  for (const char* unit : {"epoch", "step", "iteration"}) {
    const std::string text = unit;
    if (name == text || name == text + "s" || name.ends_with("_" + text + "s") ||
        name.ends_with("-" + text + "s"))
      return text;
  }
  return {};
}

/// "total_epochs", "max-steps", "num_epochs", "n_steps": how many there are to be.
bool is_total(const std::string& word) {
  const std::string name = lowered(word);
  return std::any_of(std::begin(k_totals), std::end(k_totals),
                     [&name](std::string_view start) { return name.starts_with(start); });
}

/// Reads a number at the front of `text` and removes it.
std::optional<double> take_number(std::string_view& text) {
  const std::string copy(text.substr(0, 32));
  char* end = nullptr;
  const double value = std::strtod(copy.c_str(), &end);
  if (end == copy.c_str() || std::isalpha(static_cast<unsigned char>(*end)) != 0)
    return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - copy.c_str()));
  return value;
}

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
}

void skip(std::string_view& text, std::string_view characters) {
  text.remove_prefix(std::min(text.find_first_not_of(characters), text.size()));
}

std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

std::string bar(double share) {
  const int full = static_cast<int>(std::lround(share * k_bar_width));
  std::string text;
  for (int i = 0; i < k_bar_width; ++i) text += i < full ? "━" : "─";
  return text;
}

}  // namespace

TrainingPosition::TrainingPosition(const std::vector<std::string>& words) {
  for (size_t i = 0; i < words.size(); ++i) {
    const size_t equals = words[i].find('=');
    std::string name = words[i].substr(0, equals);
    std::string_view value;
    if (equals != std::string::npos)
      value = std::string_view(words[i]).substr(equals + 1);
    else if (i + 1 < words.size())
      value = words[i + 1];
    name.erase(0, std::min(name.find_first_not_of('-'), name.size()));
    const std::string unit = unit_of(name);
    if (unit.empty()) continue;
    if (const auto number = take_number(value); number && *number > 0) totals_[unit] = *number;
  }
}

void TrainingPosition::take(const std::string& name, double value, std::optional<double> total) {
  const std::string unit = unit_of(name);
  if (unit.empty()) {
    metrics_[name] = value;
    return;
  }
  if (is_total(name) || (lowered(name) == unit + "s" && unit_ == unit && !counts_by_plural_)) {
    if (value > 0) totals_[unit] = value;
    return;
  }
  // Epochs say more than the steps within one.
  if (unit_ == "epoch" && unit != "epoch") return;
  counts_by_plural_ = lowered(name) == unit + "s";
  unit_ = unit;
  done_ = value;
  if (total) written_total_ = total;
}

void TrainingPosition::read_values(const std::map<std::string, double>& values) {
  for (const auto& [name, value] : values) take(name, value, std::nullopt);
}

void TrainingPosition::read_line(std::string_view line) {
  if (!line.empty() && line.front() == '{') {
    const Json json = Json::parse(line, nullptr, false);
    if (json.is_object())
      for (const auto& [name, value] : json.items())
        if (value.is_number()) take(name, value.get<double>(), std::nullopt);
    return;
  }
  while (!line.empty()) {
    const size_t start = static_cast<size_t>(
        std::find_if(line.begin(), line.end(),
                     [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }) -
        line.begin());
    line.remove_prefix(start);
    size_t end = 0;
    while (end < line.size() && is_name_character(line[end])) ++end;
    const std::string name(line.substr(0, end));
    line.remove_prefix(end);
    skip(line, " \t:=[(");
    const auto value = take_number(line);
    if (name.empty() || !value) continue;
    std::optional<double> total;
    if (line.starts_with("/")) {
      line.remove_prefix(1);
      total = take_number(line);
    }
    take(name, *value, total);
  }
}

std::optional<double> TrainingPosition::total() const {
  if (written_total_) return written_total_;
  const auto it = totals_.find(unit_);
  return it == totals_.end() ? std::nullopt : std::optional<double>(it->second);
}

std::string progress_line(const std::string& name, const TrainingPosition& position, double seconds,
                          int columns) {
  std::string text = "[" + printable(name) + "]  " + format_duration(seconds);
  const auto done = position.done();
  const auto total = position.total();
  if (done && total && *total > 0) {
    const double share = std::clamp(*done / *total, 0.0, 1.0);
    text += "  " + bar(share) + "  " + number_text(*done) + "/" + number_text(*total);
    if (share > 0 && share < 1)
      text += "  " + format_duration(seconds * (1 - share) / share) + " left";
  }
  for (const auto& [metric, value] : position.metrics())
    text += "  " + printable(metric) + " " + number_text(value);
  return fit_columns(text, columns - 1);
}

/// What stands on the terminal: whole lines of output above, at most one progress line below.
struct TrainingProgress::Screen {
  Screen(std::string run, const std::vector<std::string>& words)
      : name(std::move(run)),
        position(words),
        live(inspect_terminal(STDOUT_FILENO).is_terminal &&
             inspect_terminal(STDERR_FILENO).is_terminal) {
    if (live) ticker = std::thread([this] { tick(); });
  }

  void tick() {
    std::unique_lock lock(mutex);
    while (!closed) {
      wake.wait_for(lock, std::chrono::milliseconds(200));
      if (closed) return;
      erase();
      draw();
    }
  }

  void erase() {
    if (std::exchange(drawn, false)) write_all(STDERR_FILENO, "\r\x1b[2K", "standard error");
  }

  /// Only at a line's start: a program may be in the middle of a line of its own.
  void draw() {
    if (!at_line_start) return;
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    write_all(STDERR_FILENO,
              progress_line(name, position, seconds, inspect_terminal(STDERR_FILENO).columns),
              "standard error");
    drawn = true;
  }

  void read(std::string_view bytes) {
    for (const char c : bytes) {
      if (c == '\n' || c == '\r') {
        position.read_line(line);
        line.clear();
      } else if (line.size() < k_longest_line) {
        line += c;
      }
    }
  }

  std::string name;
  TrainingPosition position;
  const bool live;
  const Clock::time_point start = Clock::now();
  std::mutex mutex;
  std::condition_variable wake;
  std::string line;
  bool at_line_start = true;
  bool drawn = false;
  bool closed = false;
  std::thread ticker;
};

TrainingProgress::TrainingProgress(std::string name, const std::vector<std::string>& words)
    : screen_(std::make_unique<Screen>(std::move(name), words)) {}

TrainingProgress::~TrainingProgress() {
  close();
}

void TrainingProgress::output(std::string_view bytes) {
  const std::lock_guard lock(screen_->mutex);
  if (screen_->live) {
    screen_->read(bytes);
    screen_->erase();
  }
  write_all(STDOUT_FILENO, bytes, "standard output");
  if (!bytes.empty()) screen_->at_line_start = bytes.back() == '\n';
}

void TrainingProgress::metrics(const std::map<std::string, double>& values) {
  const std::lock_guard lock(screen_->mutex);
  screen_->position.read_values(values);
}

void TrainingProgress::note(const std::string& text) {
  const std::lock_guard lock(screen_->mutex);
  screen_->erase();
  write_all(STDERR_FILENO, "trainyard: " + text + "\n", "standard error");
}

void TrainingProgress::close() {
  {
    const std::lock_guard lock(screen_->mutex);
    if (std::exchange(screen_->closed, true)) return;
    screen_->erase();
  }
  screen_->wake.notify_all();
  if (screen_->ticker.joinable()) screen_->ticker.join();
}

}  // namespace trainyard::report
