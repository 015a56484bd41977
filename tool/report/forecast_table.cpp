#include "report/forecast_table.hpp"

#include <cstdio>

#include "base/json.hpp"
#include "base/quantity.hpp"
#include "base/terminal.hpp"
#include "report/build_progress.hpp"

namespace trainyard::report {

namespace {

std::string line_of(const std::string& image, const build::ForecastStep& step) {
  build::StepEvent event{};
  event.image = image;
  event.stage = step.stage;
  event.number = step.number;
  event.total = step.total;
  event.text = step.text;
  std::string line = step_label(event) + "  ";
  if (step.cached) return line + "cached\n";
  line += "to be made";
  if (!step.reason.empty()) line += ": " + printable(step.reason);
  if (step.last_seconds) line += "; took " + format_duration(*step.last_seconds) + " last time";
  return line + "\n";
}

Json json_of(const build::ForecastStep& step) {
  Json json = {{"stage", step.stage},
               {"step", step.number},
               {"of", step.total},
               {"text", step.text},
               {"cached", step.cached}};
  if (!step.reason.empty()) json["reason"] = step.reason;
  if (step.last_seconds) json["last_seconds"] = *step.last_seconds;
  return json;
}

}  // namespace

void show_forecast(const std::string& image, const std::vector<build::ForecastStep>& steps,
                   Format format) {
  if (format == Format::json) {
    Json list = Json::array();
    for (const build::ForecastStep& step : steps) list.push_back(json_of(step));
    std::printf("%s\n", dump_json({{"image", image}, {"steps", std::move(list)}}, 2).c_str());
    return;
  }
  size_t made = 0;
  double seconds = 0;
  for (const build::ForecastStep& step : steps) {
    std::fputs(line_of(image, step).c_str(), stdout);
    if (!step.cached) ++made;
    seconds += step.cached ? 0 : step.last_seconds.value_or(0);
  }
  std::printf("%s: %zu of %zu steps would be made", image.c_str(), made, steps.size());
  if (seconds > 0) std::printf("; they took %s last time", format_duration(seconds).c_str());
  std::printf("\n");
}

}  // namespace trainyard::report
