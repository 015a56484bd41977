#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trainyard::report {

/// What a training's own output says about how far it is. Lines are read as people and frameworks
/// write them: a JSON object of numbers, or names followed by numbers ("epoch 3/30  loss 0.12",
/// "step=200 loss: 1.5"). `epoch`, `step` or `iteration` is the position; its total is what stands
/// behind a slash, the number that the command line was given for it ("--epochs 30", a parameter
/// `epochs`), or one of a member beside it ("epochs": 30, `total_steps`, `max_steps`).
class TrainingPosition {
 public:
  /// `words`: the command line followed by "name=value" parameters.
  explicit TrainingPosition(const std::vector<std::string>& words);

  void read_line(std::string_view line);
  /// What the training's metrics files say.
  void read_values(const std::map<std::string, double>& values);

  std::optional<double> done() const { return done_; }
  std::optional<double> total() const;
  /// The last numbers of other names, by name.
  const std::map<std::string, double>& metrics() const { return metrics_; }

 private:
  void take(const std::string& name, double value, std::optional<double> total);

  std::map<std::string, double> totals_;  ///< "epoch" -> 30
  std::optional<double> done_, written_total_;
  std::string unit_;
  bool counts_by_plural_ = false;  ///< "steps" is where it is, not how many there are
  std::map<std::string, double> metrics_;
};

/// One line for a terminal of `columns`: "[train_model]  12.3 s  ━━━━────  12/30  18.4 s left
/// accuracy 0.91".
std::string progress_line(const std::string& name, const TrainingPosition& position, double seconds,
                          int columns);

/// Shows a training on a terminal: its output scrolls by, below it stands the progress line. Where
/// standard output or standard error is no terminal the output alone is handed on.
class TrainingProgress {
 public:
  TrainingProgress(std::string name, const std::vector<std::string>& words);
  ~TrainingProgress();
  TrainingProgress(const TrainingProgress&) = delete;
  TrainingProgress& operator=(const TrainingProgress&) = delete;

  void output(std::string_view bytes);
  /// What its metrics files have by now.
  void metrics(const std::map<std::string, double>& values);
  /// Text for people, on standard error, in between.
  void note(const std::string& line);
  /// Takes the progress line off the screen.
  void close();

 private:
  struct Screen;
  std::unique_ptr<Screen> screen_;
};

}  // namespace trainyard::report
