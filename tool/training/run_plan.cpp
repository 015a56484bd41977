#include "training/run_plan.hpp"

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "training/command_template.hpp"
#include "training/extension.hpp"
#include "training/lost_results.hpp"
#include "training/parameters_file.hpp"
#include "training/planned_inputs.hpp"

namespace trainyard::training {

namespace {

constexpr int k_key_schema = 1;
constexpr const char* k_default_path =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Docker's rule: the entry point goes before the command; no command means the image's own.
std::vector<std::string> argv_of(const RunSpec& spec, const oci::ContainerConfig& config) {
  std::vector<std::string> argv = config.entrypoint.value_or(std::vector<std::string>());
  if (spec.command.empty() && config.cmd)
    argv.insert(argv.end(), config.cmd->begin(), config.cmd->end());
  for (const std::string& argument : spec.command)
    argv.push_back(expand_parameters(argument, spec.parameters, "the command of " + spec.name));
  if (argv.empty())
    throw usage_error("running", spec.name,
                      "there is no command, and the image has neither CMD nor ENTRYPOINT",
                      "give one with COMMAND in " + spec.file.string());
  return argv;
}

std::string name_of(const std::string& variable) {
  return variable.substr(0, variable.find('='));
}

/// Later lists replace variables of earlier ones in place.
class Environment {
 public:
  void set(const std::string& variable) {
    const auto same =
        std::find_if(variables_.begin(), variables_.end(),
                     [&](const std::string& other) { return name_of(other) == name_of(variable); });
    if (same != variables_.end())
      *same = variable;
    else
      variables_.push_back(variable);
  }
  void set_default(const std::string& variable) {
    const bool there =
        std::any_of(variables_.begin(), variables_.end(),
                    [&](const std::string& other) { return name_of(other) == name_of(variable); });
    if (!there) variables_.push_back(variable);
  }
  const std::vector<std::string>& variables() const { return variables_; }

 private:
  std::vector<std::string> variables_;
};

std::vector<std::string> environment_of(const RunSpec& spec, const oci::ContainerConfig& config) {
  Environment environment;
  for (const std::string& variable : config.env) environment.set(variable);
  std::map<std::string, std::string> parameters;  // by variable
  for (const auto& [name, value] : spec.parameters) {
    const std::string variable = variable_of_parameter(name);
    const auto [other, fresh] = parameters.emplace(variable, name);
    if (!fresh)
      throw usage_error("reading the parameters of", spec.name,
                        "\"" + other->second + "\" and \"" + name +
                            "\" would be one environment variable, " + variable,
                        "give one of them another name");
    environment.set(variable + "=" + value);
  }
  for (const std::string& variable : spec.environment) environment.set(variable);
  environment.set_default(k_default_path);
  environment.set_default("HOME=/tmp");
  return environment.variables();
}

Json image_identity(const oci::ImageConfig& image) {
  Json diff_ids = Json::array();
  for (const oci::Digest& diff_id : image.diff_ids) diff_ids.push_back(diff_id.str());
  return {{"diff_ids", std::move(diff_ids)},
          {"env", image.config.env},
          {"user", image.config.user},
          {"working_dir", image.config.working_dir},
          {"entrypoint", image.config.entrypoint.value_or(std::vector<std::string>())}};
}

const char* network_name(engine::Network network) {
  switch (network) {
    case engine::Network::none:
      return "none";
    case engine::Network::host:
      return "host";
    case engine::Network::private_:
      break;
  }
  return "private";
}

Json identity_of(const RunSpec& spec, const oci::ImageConfig& image, const RunPlan& plan) {
  Json parameters = Json::object();
  for (const auto& [name, value] : spec.parameters) parameters[name] = value;
  Json inputs = Json::object();
  for (const PlannedInput& input : plan.inputs) inputs[input.place] = input.snapshot.digest();
  for (const PlannedText& text : plan.texts) inputs[text.place] = sha256_hex(text.text);
  std::map<std::string, std::string> declared;
  for (const std::string& variable : spec.environment) declared[name_of(variable)] = variable;
  Json environment = Json::array();
  for (const auto& [name, variable] : declared) environment.push_back(variable);
  std::vector<std::string> outputs;
  for (const PlannedOutput& output : plan.outputs) outputs.push_back(output.path);
  std::sort(outputs.begin(), outputs.end());
  Json identity = {{"schema", k_key_schema},
                   {"image", image_identity(image)},
                   {"argv", plan.argv},
                   {"environment", std::move(environment)},
                   {"parameters", std::move(parameters)},
                   {"inputs", std::move(inputs)},
                   {"outputs", std::move(outputs)},
                   {"metrics", plan.metrics},
                   {"working_directory", plan.working_directory},
                   {"network", network_name(plan.network)}};
  if (!plan.checkpoints.empty()) identity["checkpoints"] = plan.checkpoints;
  return identity;
}

/// With the values of its parameters file among its parameters.
RunSpec with_file_parameters(const RunSpec& spec, PlannedRun& planned) {
  RunSpec resolved = spec;
  if (!spec.parameters_file) return resolved;
  FileParameters found = read_parameters_file(*spec.parameters_file, spec.parameters);
  for (auto& value : found.values) resolved.parameters.push_back(std::move(value));
  std::sort(resolved.parameters.begin(), resolved.parameters.end());
  const fs::path place = fs::path(spec.working_directory) / spec.parameters_file->target;
  planned.plan.texts.push_back({absolute_normal(place).string(), std::move(found.text)});
  planned.read.push_back(spec.parameters_file->source);
  return resolved;
}

/// With another value of the parameter that EXTENDS names. Inputs and image are the same.
Json identity_at(const std::string& value, const RunSpec& original, const oci::ImageConfig& image,
                 const RunPlan& plan) {
  RunSpec other = original;
  set_parameter(other, original.extends, value);
  PlannedRun again;
  other = with_file_parameters(other, again);
  again.plan.argv = argv_of(other, image.config);
  Json identity = plan.identity;
  identity["argv"] = again.plan.argv;
  identity["parameters"][original.extends] = value;
  for (const PlannedText& text : again.plan.texts)
    identity["inputs"][text.place] = sha256_hex(text.text);
  return identity;
}

}  // namespace

PlannedRun plan_run(const store::Store& store, const RunSpec& original) {
  const store::Image image = require_run_image(store, original);
  PlannedRun planned;
  RunPlan& plan = planned.plan;
  const RunSpec spec = with_file_parameters(original, planned);
  plan.target = spec.name;
  plan.image = image.digest;
  plan.argv = argv_of(spec, image.config.config);
  plan.environment = environment_of(spec, image.config.config);
  plan.user = image.config.config.user;
  plan.working_directory = spec.working_directory;
  plan.network = spec.network;
  plan.limits = spec.limits;
  plan.devices = spec.devices;
  plan.timeout = spec.timeout;
  plan_inputs(store, spec, planned);
  for (const RunOutput& output : spec.outputs) plan.outputs.push_back({output.key, output.path});
  plan.metrics = spec.metrics;
  plan.plots = spec.plots;
  if (!spec.checkpoints.empty())
    plan.checkpoints =
        absolute_normal(fs::path(spec.working_directory) / spec.checkpoints).string();
  plan.identity = identity_of(spec, image.config, plan);
  plan.key = sha256_hex(canonical_json(plan.identity));
  plan.from_scratch = spec.from_scratch;
  if (!spec.extends.empty() && !spec.from_scratch)
    extend(store, spec.extends, plan, [&](const std::string& value) {
      return identity_at(value, original, image.config, plan);
    });
  return planned;
}

}  // namespace trainyard::training
