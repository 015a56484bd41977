#include <algorithm>
#include <charconv>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/quantity.hpp"
#include "base/spec_text.hpp"
#include "base/spelling.hpp"
#include "training/command_template.hpp"
#include "training/input_pattern.hpp"
#include "training/run_places.hpp"
#include "training/training_run.hpp"

namespace trainyard::training {

namespace {

/// "key=rest" at the first '='; the key is empty when there is none.
std::pair<std::string, std::string> split_key(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos) return {"", text};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

/// One spec file while it is read: errors name the file and the member.
class SpecReader {
 public:
  SpecReader(const Json& json, const fs::path& file) : in_(json, file.string()) {
    spec_.file = file;
  }

  RunSpec read() {
    if (in_.integer("schema") != 1)
      in_.fail("schema", "must be 1: this tool reads no other version");
    if (in_.string("kind") != "run") in_.fail("kind", "must be \"run\"");
    spec_.name = in_.string("name");
    if (spec_.name.empty()) in_.fail("name", "is empty");
    spec_.build_dir = folder("build_dir");
    spec_.source_dir = folder("source_dir");
    spec_.binary_dir = folder("binary_dir");
    spec_.image = in_.string("image");
    if (spec_.image.empty()) in_.fail("image", "is empty");
    spec_.command = in_.strings("command");
    read_working_directory();
    read_parameters();
    read_environment();
    for (const std::string& input : in_.strings("inputs")) add_input(input);
    read_parameters_file();
    read_outputs();
    read_checkpoints();
    read_extra_outputs();
    read_limits();
    read_devices();
    in_.finish();
    check_places(spec_,
                 [this](const char* member, const std::string& text) { in_.fail(member, text); });
    auto known = spec_.parameters;
    if (spec_.parameters_file)
      for (const std::string& key : spec_.parameters_file->keys) known.emplace_back(key, "");
    for (const std::string& argument : spec_.command)
      expand_parameters(argument, known, "the command of " + spec_.name);
    return std::move(spec_);
  }

 private:
  fs::path folder(const std::string& member) {
    const fs::path path = in_.string(member);
    if (!path.is_absolute()) in_.fail(member, "must be an absolute path");
    return absolute_normal(path);
  }

  void read_working_directory() {
    const std::string given = in_.string_or("working_directory", "");
    if (given.empty()) return;
    const std::string normal = absolute_normal(given).string();
    if (given.front() != '/' || normal == "/")
      in_.fail("working_directory", "must be an absolute path other than /");
    check_system_folder("working_directory", normal);
    spec_.working_directory = normal;
  }

  void check_system_folder(const std::string& member, const std::string& path) {
    for (const char* system : {"/proc", "/sys", "/dev"})
      if (lies_within(path, system))
        in_.fail(member, "\"" + path + "\" lies in " + system + ", which belongs to the system");
  }

  void read_parameters() {
    for (const std::string& text : in_.strings("parameters")) {
      const auto [name, value] = split_key(text);
      if (!is_parameter_name(name))
        in_.fail("parameters",
                 "\"" + text +
                     "\" is not of the form name=value, with a name of letters, digits, _ - .");
      spec_.parameters.emplace_back(name, value);
    }
    std::sort(spec_.parameters.begin(), spec_.parameters.end());
    for (size_t i = 1; i < spec_.parameters.size(); ++i)
      if (spec_.parameters[i].first == spec_.parameters[i - 1].first)
        in_.fail("parameters", "gives \"" + spec_.parameters[i].first + "\" twice");
  }

  void read_parameters_file() {
    const std::string path = in_.string_or("parameters_file", "");
    std::vector<std::string> keys = in_.strings("parameter_keys");
    if (path.empty() != keys.empty())
      in_.fail("parameter_keys", "and \"parameters_file\" need each other");
    if (path.empty()) return;
    for (const std::string& key : keys)
      if (!is_parameter_name(key))
        in_.fail("parameter_keys",
                 "\"" + key + "\" is not of the form section.name, of letters, digits, _ and -");
    const fs::path source = absolute_normal(spec_.source_dir / path);
    spec_.parameters_file = ParametersFile{default_target(source), source, std::move(keys)};
  }

  void read_environment() {
    spec_.environment = in_.strings("environment");
    for (const std::string& text : spec_.environment)
      if (split_key(text).first.empty())
        in_.fail("environment", "\"" + text + "\" is not of the form NAME=value");
  }

  void add_input(const std::string& text) {
    const auto [key, path] = split_key(text);
    if (path.empty()) in_.fail("inputs", "\"" + text + "\" names no path");
    RunInput input;
    input.source = absolute_normal(spec_.source_dir / path);
    std::error_code error;
    // A file whose name holds such characters is taken for itself.
    if (has_wildcard(input.source) && !fs::exists(fs::symlink_status(input.source, error))) {
      const InputPattern split = split_pattern(input.source);
      if (const std::string fault = fault_of_pattern(split.pattern); !fault.empty())
        in_.fail("inputs", "\"" + text + "\": " + fault);
      input.source = split.base;
      input.pattern = split.pattern;
    }
    input.target =
        key.empty() ? default_target(input.source) : fs::path(key).lexically_normal().string();
    while (input.target.size() > 1 && input.target.back() == '/') input.target.pop_back();
    const bool climbs = input.target == ".." || input.target.starts_with("../");
    const bool is_working_folder = input.target.empty() || input.target == ".";
    // The files of a pattern have places of their own there.
    if (is_working_folder && !input.pattern.empty()) input.target = ".";
    if ((is_working_folder && input.pattern.empty()) || input.target == "/" || climbs)
      in_.fail("inputs",
               "\"" + text +
                   "\" has no place of its own below the working folder; give it one as key=path");
    check_system_folder("inputs", input.target);
    spec_.inputs.push_back(std::move(input));
  }

  /// The build tree usually lies in the source tree: the deeper of the two folders that hold the
  /// path counts.
  std::string default_target(const fs::path& source) const {
    fs::path holder;
    for (const fs::path& candidate : {spec_.source_dir, spec_.binary_dir})
      if (lies_within(source, candidate) && candidate.native().size() > holder.native().size())
        holder = candidate;
    return holder.empty() ? source.filename().string() : source.lexically_relative(holder).string();
  }

  void read_extra_outputs() {
    const std::string word = in_.string_or("extra_outputs", "");
    if (word.empty() || word == "error") return;
    if (word != "warn" && word != "ignore")
      in_.fail("extra_outputs", "must be error, warn or ignore");
    spec_.extra_outputs =
        word == "warn" ? RunSpec::ExtraOutputs::warn : RunSpec::ExtraOutputs::ignore;
  }

  void read_outputs() {
    for (const std::string& text : in_.strings("outputs")) {
      auto [key, path] = split_key(text);
      add_output("outputs", key, path);
    }
    spec_.metrics = read_measured("metrics");
    spec_.plots = read_measured("plots");
  }

  /// Paths that may be among the outputs already.
  std::vector<std::string> read_measured(const std::string& member) {
    std::vector<std::string> paths;
    for (const std::string& path : in_.strings(member)) {
      std::string normal = fs::path(path).lexically_normal().string();
      while (normal.size() > 1 && normal.back() == '/') normal.pop_back();
      const bool declared =
          std::any_of(spec_.outputs.begin(), spec_.outputs.end(),
                      [&](const RunOutput& output) { return output.path == normal; });
      if (!declared) add_output(member, "", path);
      paths.push_back(normal);
    }
    return paths;
  }

  void add_output(const std::string& member, const std::string& key, const std::string& path) {
    const std::string normal = relative_to_work(member, path);
    RunOutput output{key.empty() ? normal : key, normal,
                     absolute_normal(spec_.binary_dir / normal)};
    for (const RunOutput& other : spec_.outputs) {
      if (other.path == output.path) in_.fail(member, "declares \"" + normal + "\" twice");
      if (other.key == output.key) in_.fail(member, "uses the key \"" + output.key + "\" twice");
      for (const auto& [inner, outer] :
           {std::pair<const RunOutput*, const RunOutput*>(&output, &other), {&other, &output}})
        if (inner->path.starts_with(outer->path + "/"))
          in_.fail(member,
                   "declares \"" + inner->path + "\" inside the output \"" + outer->path + "\"");
    }
    spec_.outputs.push_back(std::move(output));
  }

  void read_checkpoints() {
    const std::string path = in_.string_or("checkpoints", "");
    spec_.extends = in_.string_or("extends", "");
    if (path.empty() && !spec_.extends.empty())
      in_.fail("extends", "needs \"checkpoints\": what a longer run begins with");
    if (!path.empty()) spec_.checkpoints = relative_to_work("checkpoints", path);
    if (spec_.extends.empty()) return;
    std::vector<std::string> names;
    for (const auto& [name, value] : spec_.parameters) names.push_back(name);
    if (spec_.parameters_file)
      names.insert(names.end(), spec_.parameters_file->keys.begin(),
                   spec_.parameters_file->keys.end());
    if (std::find(names.begin(), names.end(), spec_.extends) == names.end())
      in_.fail("extends", "names \"" + spec_.extends + "\", which is no parameter" +
                              (names.empty() ? "" : "; " + suggestion(spec_.extends, names)));
  }

  std::string relative_to_work(const std::string& member, const std::string& path) {
    std::string normal = fs::path(path).lexically_normal().string();
    while (normal.size() > 1 && normal.back() == '/') normal.pop_back();
    if (normal.empty() || normal == "." || normal.front() == '/' || normal == ".." ||
        normal.starts_with("../"))
      in_.fail(member,
               "\"" + path + "\" must be a path relative to the working folder, without \"..\"");
    return normal;
  }

  void read_limits() {
    const std::string network = in_.string_or("network", "");
    if (network == "host")
      spec_.network = engine::Network::host;
    else if (network == "private")
      spec_.network = engine::Network::private_;
    else if (!network.empty() && network != "none")
      in_.fail("network", "\"" + network + "\" is none of none, host, private");
    const std::string where = spec_.file.string() + ": member \"";
    if (const std::string cpus = in_.string_or("cpus", ""); !cpus.empty())
      spec_.limits.cpus = parse_cpus(cpus);
    if (const std::string memory = in_.string_or("memory", ""); !memory.empty())
      spec_.limits.memory = parse_bytes(memory, where + "memory\"");
    if (const std::string shm = in_.string_or("shm_size", ""); !shm.empty())
      spec_.limits.shm_size = parse_bytes(shm, where + "shm_size\"");
    if (const std::string timeout = in_.string_or("timeout", ""); !timeout.empty())
      spec_.timeout =
          std::chrono::milliseconds(parse_duration(timeout, where + "timeout\"") / 1'000'000);
  }

  void read_devices() {
    const std::string text = in_.string_or("gpus", "");
    const std::optional<DeviceDemand> demand = parse_device_demand(text);
    if (!demand)
      in_.fail("gpus", "\"" + text + "\" is none of 2, all, nvidia.com/gpu:2, nvidia.com/gpu:all");
    spec_.devices = *demand;
    if (in_.boolean_or("gpus_optional", false)) spec_.devices.need = DeviceDemand::Need::optional;
    spec_.devices.slots = in_.string_or("slots", "");
  }

  double parse_cpus(const std::string& text) {
    double value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc() || result.ptr != text.data() + text.size() || !(value > 0) ||
        value > 1e6)
      in_.fail("cpus", "\"" + text + "\" is not a number of processors such as 1.5");
    return value;
  }

  ObjectReader in_;
  RunSpec spec_;
};

}  // namespace

RunSpec read_run_spec(const fs::path& file) {
  const fs::path path = absolute_normal(file);
  const Json json = parse_spec_text(read_file(path), path.string());
  return SpecReader(json, path).read();
}

}  // namespace trainyard::training
