#include "training/run_plan.hpp"

namespace trainyard::training {

namespace {

Json limits_json(const engine::Limits& limits) {
  Json json = {{"pids", limits.pids}};
  if (limits.cpus) json["cpus"] = *limits.cpus;
  if (limits.memory) json["memory"] = *limits.memory;
  if (limits.shm_size) json["shm_size"] = *limits.shm_size;
  return json;
}

engine::Limits parse_limits(const Json& json) {
  engine::Limits limits;
  limits.pids = json.at("pids").get<uint64_t>();
  if (json.contains("cpus")) limits.cpus = json.at("cpus").get<double>();
  if (json.contains("memory")) limits.memory = json.at("memory").get<uint64_t>();
  if (json.contains("shm_size")) limits.shm_size = json.at("shm_size").get<uint64_t>();
  return limits;
}

}  // namespace

Json to_json(const RunPlan& plan) {
  Json inputs = Json::array();
  for (const PlannedInput& input : plan.inputs)
    inputs.push_back({{"place", input.place}, {"snapshot", to_json(input.snapshot)}});
  Json texts = Json::array();
  for (const PlannedText& text : plan.texts) texts.push_back({text.place, text.text});
  Json outputs = Json::array();
  for (const PlannedOutput& output : plan.outputs)
    outputs.push_back({{"key", output.key}, {"path", output.path}});
  Json json = {{"key", plan.key},
               {"identity", plan.identity},
               {"target", plan.target},
               {"image", plan.image.str()},
               {"argv", plan.argv},
               {"environment", plan.environment},
               {"user", plan.user},
               {"working_directory", plan.working_directory},
               {"network", static_cast<int>(plan.network)},
               {"limits", limits_json(plan.limits)},
               {"devices", to_json(plan.devices)},
               {"inputs", std::move(inputs)},
               {"texts", std::move(texts)},
               {"outputs", std::move(outputs)},
               {"metrics", plan.metrics},
               {"plots", plan.plots}};
  if (plan.timeout) json["timeout"] = plan.timeout->count();
  if (!plan.checkpoints.empty()) json["checkpoints"] = plan.checkpoints;
  if (!plan.ancestor.empty()) json["ancestor"] = plan.ancestor;
  if (plan.from_scratch) json["from_scratch"] = true;
  if (!plan.origin.is_null()) json["origin"] = plan.origin;
  return json;
}

RunPlan parse_run_plan(const Json& json) {
  RunPlan plan;
  plan.key = json.at("key").get<std::string>();
  plan.identity = json.at("identity");
  plan.target = json.at("target").get<std::string>();
  plan.image = oci::Digest::parse(json.at("image").get<std::string>());
  plan.argv = json.at("argv").get<std::vector<std::string>>();
  plan.environment = json.at("environment").get<std::vector<std::string>>();
  plan.user = json.at("user").get<std::string>();
  plan.working_directory = json.at("working_directory").get<std::string>();
  plan.network = static_cast<engine::Network>(json.at("network").get<int>());
  plan.limits = parse_limits(json.at("limits"));
  plan.devices = device_demand_from(json.value("devices", Json()));
  for (const Json& input : json.at("inputs"))
    plan.inputs.push_back(
        {input.at("place").get<std::string>(), parse_input_snapshot(input.at("snapshot"))});
  for (const Json& text : json.value("texts", Json::array()))  // earlier versions have none
    plan.texts.push_back({text.at(0).get<std::string>(), text.at(1).get<std::string>()});
  for (const Json& output : json.at("outputs"))
    plan.outputs.push_back(
        {output.at("key").get<std::string>(), output.at("path").get<std::string>()});
  plan.metrics = json.at("metrics").get<std::vector<std::string>>();
  plan.plots = json.value("plots", plan.plots);  // earlier versions have none
  plan.origin = json.value("origin", Json());
  if (json.contains("timeout"))
    plan.timeout = std::chrono::milliseconds(json.at("timeout").get<int64_t>());
  plan.checkpoints = json.value("checkpoints", std::string());
  plan.ancestor = json.value("ancestor", std::string());
  plan.from_scratch = json.value("from_scratch", false);
  return plan;
}

}  // namespace trainyard::training
