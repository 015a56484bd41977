#pragma once

#include <memory>
#include <string>

#include "build/build_image.hpp"

namespace trainyard::report {

/// How an image's build is shown on standard error.
enum class ProgressStyle {
  automatic,  ///< live on a terminal; elsewhere one line a step, with its outcome
  plain,      ///< such lines, and what the steps print, each line with its step in front
  json,       ///< one JSON object an event, for programs
  quiet
};
/// "auto", "plain", "json", "quiet"; throws a usage error.
ProgressStyle parse_progress_style(const std::string& text);

/// Receives the events of one build (from several threads) and shows them.
class BuildProgress {
 public:
  explicit BuildProgress(ProgressStyle style);
  ~BuildProgress();
  BuildProgress(const BuildProgress&) = delete;
  BuildProgress& operator=(const BuildProgress&) = delete;

  build::Progress receiver();
  /// Takes what is live off the screen; afterwards other output may be written.
  void close();

 private:
  class View;
  class LineView;
  class LiveView;
  class JsonView;
  std::unique_ptr<View> view_;
};

/// "[trainer 3/7] RUN make" with the stage when there are several: "[trainer build 3/7] RUN make".
std::string step_label(const build::StepEvent& event);

}  // namespace trainyard::report
