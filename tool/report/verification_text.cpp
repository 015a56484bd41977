#include "report/verification_text.hpp"

#include <algorithm>
#include <cstdio>

#include "base/json.hpp"
#include "base/terminal.hpp"

namespace trainyard::report {

namespace {

constexpr size_t k_most_lines = 20;  ///< of one step

void print_step(const build::UnsteadyStep& step) {
  const std::string stage = step.stage.empty() ? "" : "[" + step.stage + "] ";
  std::printf("%s%s  made another layer the second time:\n", stage.c_str(),
              printable(step.text).c_str());
  const size_t shown = std::min(step.entries.size(), k_most_lines);
  for (size_t i = 0; i < shown; ++i)
    std::printf("  %s %s\n", printable(step.entries[i].path).c_str(),
                printable(step.entries[i].what).c_str());
  if (shown < step.entries.size())
    std::printf("  and %zu more; --progress json names all\n", step.entries.size() - shown);
}

Json json_of(const build::UnsteadyStep& step) {
  Json entries = Json::array();
  for (const auto& entry : step.entries)
    entries.push_back({{"path", entry.path}, {"what", entry.what}});
  return {{"stage", step.stage}, {"text", step.text}, {"differences", std::move(entries)}};
}

}  // namespace

void show_verification(const build::Verification& verification, Format format) {
  if (format == Format::json) {
    Json steps = Json::array();
    for (const build::UnsteadyStep& step : verification.steps) steps.push_back(json_of(step));
    std::printf("%s\n",
                dump_json({{"same", verification.same}, {"steps", std::move(steps)}}, 2).c_str());
    return;
  }
  for (const build::UnsteadyStep& step : verification.steps) print_step(step);
  if (verification.same) {
    std::printf("built twice from nothing: the same image, bit for bit%s\n",
                verification.steps.empty() ? "" : "; these steps do not reach it");
    return;
  }
  std::printf("built twice from nothing: not the same image; %zu of %d steps differ%s\n",
              verification.steps.size(), verification.result.steps,
              verification.steps.size() == 1 ? "s" : "");
  const bool times = std::all_of(verification.steps.begin(), verification.steps.end(),
                                 [](const auto& step) { return step.times_alone(); });
  if (times && !verification.steps.empty())
    std::printf(
        "hint: nothing but times differs: --build-arg SOURCE_DATE_EPOCH=$(git log -1 "
        "--format=%%ct) clamps them\n");
}

}  // namespace trainyard::report
