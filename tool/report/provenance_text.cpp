#include "base/quantity.hpp"
#include "base/terminal.hpp"
#include "report/provenance.hpp"
#include "report/run_list.hpp"

namespace trainyard::report {

namespace {

constexpr size_t k_brief = 12;
constexpr size_t k_most_files = 20;  ///< of one input or output

std::string string_in(const Json& json, const char* member) {
  const auto it = json.find(member);
  return it != json.end() && it->is_string() ? printable_line(it->get<std::string>()) : "";
}

/// Lines "name  text"; what belongs to one is indented below it.
class Text {
 public:
  void line(const std::string& name, const std::string& text) {
    if (text.empty()) return;
    text_ += name + std::string(name.size() < 12 ? 12 - name.size() : 1, ' ') + text + "\n";
  }
  void below(const std::string& text) { text_ += "            " + text + "\n"; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string command_of(const Json& words) {
  std::string text;
  for (const Json& word : words) {
    const std::string one = printable_line(word.get<std::string>());
    const bool plain =
        !one.empty() && one.find_first_of(" \t'\"\\$&|;<>()*?`") == std::string::npos;
    text += (text.empty() ? "" : " ") + (plain ? one : Json(one).dump());
  }
  return text;
}

std::string pairs_of(const Json& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters.items())
    text += (text.empty() ? "" : "  ") + printable_line(name + "=" + value.get<std::string>());
  return text;
}

std::string metrics_of(const Json& metrics) {
  std::string text;
  for (const auto& [name, value] : metrics.items())
    if (value.is_number())
      text += (text.empty() ? "" : "  ") + printable_line(name) + " " +
              metric_text(value.get<double>());
  return text;
}

void add_files(Text& text, const Json& files, const std::string& name) {
  size_t shown = 0;
  for (const Json& file : files) {
    if (shown++ == k_most_files) {
      text.below("and " + std::to_string(files.size() - k_most_files) + " more; --json names all");
      return;
    }
    const std::string path = string_in(file, "path");
    const std::string place = path.empty() ? name : name + "/" + path;
    if (file.contains("link"))
      text.below("link  " + place + " -> " + string_in(file, "link"));
    else
      text.below(string_in(file, "digest") + "  " + place);
  }
}

void add_outputs(Text& text, const Json& outputs) {
  text.line("outputs", std::to_string(outputs.size()));
  for (const Json& output : outputs) add_files(text, output.at("files"), string_in(output, "path"));
}

void add_inputs(Text& text, const Json& inputs) {
  text.line("inputs", std::to_string(inputs.size()));
  for (const Json& input : inputs) {
    if (input.contains("files"))
      add_files(text, input.at("files"), string_in(input, "place"));
    else
      text.below(string_in(input, "place") + " (its files were not noted)");
    if (input.contains("run"))
      text.below("  made by run " + string_in(input, "run").substr(0, k_brief) +
                 ": trainyard provenance " + string_in(input, "run").substr(0, k_brief));
  }
}

void add_steps(Text& text, const Json& image, const std::string& indent) {
  for (const Json& base : image.value("bases", Json::array())) {
    text.below(indent + (base.value("use", "") == "from" ? "from " : "copies from ") +
               string_in(base, "name") + "  " + string_in(base, "digest") +
               (base.value("pinned", false) ? "" : "  (by a name that may move)"));
    add_steps(text, base, indent + "  ");
  }
  for (const Json& step : image.value("steps", Json::array())) {
    const std::string stage = string_in(step, "stage");
    text.below(indent + string_in(step, "key").substr(0, k_brief) + "  " +
               (stage.empty() ? "" : "[" + stage + "] ") + string_in(step, "text") +
               (string_in(step, "network") == "host" ? "  (with the network)" : ""));
    if (step.contains("diff_id")) text.below(indent + "  layer " + string_in(step, "diff_id"));
  }
  for (const Json& executable : image.value("executables", Json::array())) {
    std::string flags;
    for (const Json& flag : executable.value("flags", Json::array()))
      flags += " " + printable_line(flag.get<std::string>());
    text.below(indent + string_in(executable, "target") + "  " + string_in(executable, "language") +
               " by " + string_in(executable, "compiler") + " " +
               string_in(executable, "build_type") + ":" + flags);
  }
}

std::string source_of(const Json& source) {
  if (!source.is_object()) return {};
  if (source.contains("unknown")) return "git says nothing: " + string_in(source, "unknown");
  std::string text = "commit " + string_in(source, "commit");
  if (source.contains("branch")) text += " of " + string_in(source, "branch");
  const size_t changed = source.value("changed_count", size_t{0});
  text += changed == 0 ? ", clean" : ", " + std::to_string(changed) + " files changed since";
  if (const size_t untracked = source.value("untracked", size_t{0}); untracked > 0)
    text += ", " + std::to_string(untracked) + " that it does not know";
  return text;
}

void add_machine(Text& text, const Json& machine) {
  if (!machine.is_object()) return;
  std::string line = string_in(machine, "architecture");
  if (machine.contains("processor")) line += ", " + string_in(machine, "processor");
  line += ", " + std::to_string(machine.value("processors", 0)) + " processors";
  if (machine.contains("memory")) line += ", " + format_bytes(machine.at("memory").get<uint64_t>());
  text.line("machine", line);
  text.below(string_in(machine, "kernel") +
             (machine.contains("system") ? ", " + string_in(machine, "system") : ""));
  for (const Json& gpu : machine.value("gpus", Json::array()))
    text.below(printable_line(gpu.get<std::string>()));
  if (machine.contains("gpu_driver")) text.below(string_in(machine, "gpu_driver"));
}

}  // namespace

std::string provenance_text(const Json& provenance) {
  Text text;
  if (provenance.contains("file")) {
    const Json& file = provenance.at("file");
    text.line("file", string_in(file, "path"));
    text.below(string_in(file, "digest") +
               (file.contains("output") ? "  output " + string_in(file, "output") : ""));
    for (const Json& other : file.value("others", Json::array()))
      text.below("run " + other.get<std::string>().substr(0, k_brief) + " made the same bytes");
  }
  text.line("run", string_in(provenance, "run") + "  " + string_in(provenance, "target"));
  if (const std::string ancestor = string_in(provenance, "ancestor"); !ancestor.empty())
    text.below("began with the checkpoints of run " + ancestor.substr(0, k_brief));
  if (provenance.value("resumed", false))
    text.below("continued from checkpoints of an earlier try");
  text.line(
      "time",
      (string_in(provenance, "started").empty() ? "" : string_in(provenance, "started") + " to ") +
          string_in(provenance, "finished") + ", " +
          format_duration(provenance.at("seconds").get<double>()));
  text.line("tool", string_in(provenance, "tool").empty()
                        ? ""
                        : "trainyard " + string_in(provenance, "tool"));
  text.line("command", command_of(provenance.at("command")));
  text.line("parameters", pairs_of(provenance.at("parameters")));
  text.line("variables", command_of(provenance.at("environment")));
  if (string_in(provenance, "network") != "none")
    text.line("network", string_in(provenance, "network"));
  text.line("metrics", metrics_of(provenance.at("metrics")));
  add_outputs(text, provenance.at("outputs"));
  add_inputs(text, provenance.at("inputs"));
  const Json& image = provenance.at("image");
  text.line("image", string_in(image, "digest") + "  " + string_in(image, "name"));
  add_steps(text, image, "");
  if (!image.contains("steps")) text.below("how it was built is not known here");
  text.line("source", source_of(provenance.at("source")));
  add_machine(text, provenance.at("machine"));
  return text.take();
}

}  // namespace trainyard::report
