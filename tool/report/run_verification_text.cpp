#include "report/run_verification_text.hpp"

#include <algorithm>
#include <cmath>

#include "base/quantity.hpp"
#include "base/terminal.hpp"
#include "report/run_list.hpp"

namespace trainyard::report {

namespace {

constexpr size_t k_most_differences = 20;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool has_seed(const Json& provenance) {
  for (const auto& [name, value] : provenance.at("parameters").items())
    if (lower(name).find("seed") != std::string::npos) return true;
  for (const Json& variable : provenance.at("environment")) {
    const std::string text = variable.get<std::string>();
    if (lower(text.substr(0, text.find('='))).find("seed") != std::string::npos) return true;
  }
  return false;
}

void add_image(std::vector<std::string>& lines, const Json& image) {
  for (const Json& base : image.value("bases", Json::array())) {
    if (!base.value("pinned", false))
      lines.push_back("the image's base " + printable_line(base.value("name", "")) +
                      " goes by a name that may move" +
                      (base.at("digest").is_string()
                           ? "; it was " + base.at("digest").get<std::string>()
                           : ""));
    add_image(lines, base);
  }
  for (const Json& step : image.value("steps", Json::array()))
    if (step.value("network", "") == "host")
      lines.push_back("a step of the image had the network: " +
                      printable_line(step.value("text", "")));
}

void add_machine(std::vector<std::string>& lines, const Json& before, const Json& now) {
  if (!before.is_object()) return;
  for (const char* member :
       {"architecture", "processor", "processors", "kernel", "gpus", "gpu_driver"}) {
    const Json was = before.value(member, Json()), is = now.value(member, Json());
    const auto text = [](const Json& value) {
      return value.is_null()
                 ? "none"
                 : printable_line(value.is_string() ? value.get<std::string>() : value.dump());
    };
    if (was != is)
      lines.push_back("another machine: " + std::string(member) + " was " + text(was) + ", is " +
                      text(is));
  }
}

std::string number(const std::optional<double>& value) {
  return value ? metric_text(*value) : "none";
}

std::string metric_line(const training::MetricDifference& metric) {
  std::string line = "  " + printable_line(metric.name) + " was " + number(metric.before) +
                     ", is " + number(metric.now);
  if (metric.before && metric.now && std::isfinite(*metric.before) && std::isfinite(*metric.now)) {
    const double change = *metric.now - *metric.before;
    line += std::string(" (") + (change > 0 ? "+" : "") + metric_text(change) + ")";
  }
  return line + "\n";
}

std::string sizes_of(const training::OutputDifference& output) {
  if (output.only_once) return {};
  if (output.before == output.now) return " (" + format_bytes(output.now) + " both times)";
  return " (was " + std::to_string(output.before) + " bytes, is " + std::to_string(output.now) +
         ")";
}

/// JSON has no number for those that are none.
Json number_json(const std::optional<double>& value) {
  if (!value) return nullptr;
  if (std::isfinite(*value)) return *value;
  return std::isnan(*value) ? "nan" : *value > 0 ? "inf" : "-inf";
}

}  // namespace

std::vector<std::string> unpinned(const Json& provenance, const Json& machine) {
  std::vector<std::string> lines;
  if (const std::string network = provenance.at("network"); network != "none")
    lines.push_back("the run had the network (NETWORK " + network + ")");
  if (!provenance.at("ancestor").get<std::string>().empty())
    lines.push_back("it began with the checkpoints of another run, and with none this time");
  else if (provenance.value("resumed", false))
    lines.push_back(
        "it continued from checkpoints of an earlier try, and began with none this time");
  if (!has_seed(provenance)) lines.push_back("no parameter or variable is called a seed");
  add_image(lines, provenance.at("image"));
  if (!provenance.at("image").contains("steps"))
    lines.push_back("how the image was built was not noted");
  add_machine(lines, provenance.at("machine"), machine);
  return lines;
}

std::string run_verification_text(const training::RunVerification& verification,
                                  const std::vector<std::string>& unpinned) {
  std::string text = verification.target + " (" + verification.key.substr(0, 12) +
                     ") ran again in " + format_duration(verification.now) +
                     " (before: " + format_duration(verification.before) + "): ";
  if (verification.same())
    text +=
        "the same bytes in " + std::to_string(verification.files) + " files, the same metrics\n";
  else
    text += std::to_string(verification.outputs.size()) + " of " +
            std::to_string(verification.files) + " files and " +
            std::to_string(verification.metrics.size()) + " metrics differ\n";
  size_t shown = 0;
  for (const training::OutputDifference& output : verification.outputs) {
    if (shown++ == k_most_differences) {
      text += "  and " + std::to_string(verification.outputs.size() - k_most_differences) +
              " more; --json names all\n";
      break;
    }
    text += "  " + printable_line(output.path) + " " + output.what;
    text += sizes_of(output) + "\n";
  }
  for (const training::MetricDifference& metric : verification.metrics) text += metric_line(metric);
  if (!unpinned.empty()) text += "not pinned:\n";
  for (const std::string& line : unpinned) text += "  " + line + "\n";
  return text;
}

Json run_verification_json(const training::RunVerification& verification,
                           const std::vector<std::string>& unpinned) {
  Json outputs = Json::array(), metrics = Json::array();
  for (const training::OutputDifference& output : verification.outputs) {
    Json json = {{"path", output.path},
                 {"what", output.what},
                 {"size_before", output.before},
                 {"size", output.now}};
    if (output.first_differing) json["first_differing"] = *output.first_differing;
    outputs.push_back(std::move(json));
  }
  for (const training::MetricDifference& metric : verification.metrics)
    metrics.push_back({{"name", metric.name},
                       {"before", number_json(metric.before)},
                       {"now", number_json(metric.now)}});
  return {{"run", verification.key},
          {"target", verification.target},
          {"same", verification.same()},
          {"files", verification.files},
          {"seconds_before", verification.before},
          {"seconds", verification.now},
          {"outputs", std::move(outputs)},
          {"metrics", std::move(metrics)},
          {"unpinned", unpinned}};
}

}  // namespace trainyard::report
