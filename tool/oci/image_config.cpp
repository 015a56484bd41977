#include "oci/image_config.hpp"

#include <climits>

#include "base/error.hpp"
#include "oci/json_members.hpp"

namespace trainyard::oci {

namespace {

bool names(const std::string& entry, const std::string& variable) {
  return entry.size() > variable.size() && entry[variable.size()] == '=' &&
         entry.starts_with(variable);
}

void put(Json& json, const char* member, const std::string& value) {
  if (!value.empty()) json[member] = value;
}

void put(Json& json, const char* member, int64_t value) {
  if (value != 0) json[member] = value;
}

void put(Json& json, const char* member, const std::vector<std::string>& value) {
  if (!value.empty()) json[member] = value;
}

/// Present but empty is kept: it overrides what a parent image set.
void put(Json& json, const char* member, const std::optional<std::vector<std::string>>& value) {
  if (value) json[member] = *value;
}

/// Go's JSON has no sets: an object with empty objects as values.
void put(Json& json, const char* member, const std::set<std::string>& value) {
  for (const std::string& name : value) json[member][name] = Json::object();
}

std::set<std::string> as_set(std::vector<std::string> list) {
  return {std::make_move_iterator(list.begin()), std::make_move_iterator(list.end())};
}

std::optional<std::vector<std::string>> optional_strings(ObjectReader& in,
                                                         const std::string& member) {
  if (!in.has(member)) return std::nullopt;
  return string_array(in, member);
}

int64_t duration(ObjectReader& in, const std::string& member) {
  const int64_t value = in.integer_or(member, 0);
  if (value < 0) in.fail(member, "is negative");
  return value;
}

Json to_json(const Healthcheck& check) {
  Json json = Json::object();
  put(json, "Test", check.test);
  put(json, "Interval", check.interval);
  put(json, "Timeout", check.timeout);
  put(json, "StartPeriod", check.start_period);
  put(json, "StartInterval", check.start_interval);
  put(json, "Retries", check.retries);
  return json;
}

Healthcheck parse_healthcheck(const Json& json, const std::string& where) {
  ObjectReader in(json, where);
  Healthcheck check;
  check.test = string_array(in, "Test");
  check.interval = duration(in, "Interval");
  check.timeout = duration(in, "Timeout");
  check.start_period = duration(in, "StartPeriod");
  check.start_interval = duration(in, "StartInterval");
  const int64_t retries = duration(in, "Retries");
  if (retries > INT_MAX) in.fail("Retries", "is too large");
  check.retries = static_cast<int>(retries);
  return check;
}

Json to_json(const HistoryEntry& entry) {
  Json json = Json::object();
  put(json, "created", entry.created);
  put(json, "created_by", entry.created_by);
  put(json, "comment", entry.comment);
  put(json, "author", entry.author);
  if (entry.empty_layer) json["empty_layer"] = true;
  return json;
}

HistoryEntry parse_history(const Json& json, const std::string& where) {
  ObjectReader in(json, where);
  HistoryEntry entry;
  entry.created = in.string_or("created", "");
  entry.created_by = in.string_or("created_by", "");
  entry.comment = in.string_or("comment", "");
  entry.author = in.string_or("author", "");
  entry.empty_layer = in.boolean_or("empty_layer", false);
  return entry;
}

std::vector<Digest> parse_rootfs(const Json& json, const std::string& where) {
  ObjectReader in(json, where);
  if (in.string("type") != "layers") in.fail("type", "must be \"layers\"");
  std::vector<Digest> diff_ids;
  for (const std::string& text : string_array(in, "diff_ids")) {
    try {
      diff_ids.push_back(Digest::parse(text));
    } catch (const Error& error) {
      in.fail("diff_ids", "holds what is not a digest: " + error.cause());
    }
  }
  return diff_ids;
}

/// Members that are not given must be there as an object for the check of their type to say so.
const Json& required_object(ObjectReader& in, const std::string& member) {
  if (!in.has(member)) in.fail(member, "is missing");
  return in.object(member);
}

}  // namespace

void ContainerConfig::set_env(const std::string& name, const std::string& value) {
  for (std::string& entry : env)
    if (names(entry, name)) {
      entry = name + "=" + value;
      return;
    }
  env.push_back(name + "=" + value);
}

std::optional<std::string> ContainerConfig::get_env(const std::string& name) const {
  for (const std::string& entry : env)
    if (names(entry, name)) return entry.substr(name.size() + 1);
  return std::nullopt;
}

Json to_json(const ContainerConfig& config) {
  Json json = Json::object();
  put(json, "User", config.user);
  put(json, "ExposedPorts", config.exposed_ports);
  put(json, "Env", config.env);
  put(json, "Entrypoint", config.entrypoint);
  put(json, "Cmd", config.cmd);
  put(json, "Volumes", config.volumes);
  put(json, "WorkingDir", config.working_dir);
  if (!config.labels.empty()) json["Labels"] = config.labels;
  put(json, "StopSignal", config.stop_signal);
  if (config.healthcheck) json["Healthcheck"] = to_json(*config.healthcheck);
  put(json, "Shell", config.shell);
  put(json, "OnBuild", config.on_build);
  return json;
}

ContainerConfig parse_container_config(const Json& json, const std::string& where) {
  ObjectReader in(json, where);
  ContainerConfig config;
  config.user = plain_string_or(in, "User");
  config.exposed_ports = as_set(name_set(in, "ExposedPorts"));
  config.env = string_array(in, "Env");
  config.entrypoint = optional_strings(in, "Entrypoint");
  config.cmd = optional_strings(in, "Cmd");
  config.volumes = as_set(name_set(in, "Volumes"));
  config.working_dir = plain_string_or(in, "WorkingDir");
  config.labels = string_map(in, "Labels");
  config.stop_signal = plain_string_or(in, "StopSignal");
  if (in.has("Healthcheck"))
    config.healthcheck = parse_healthcheck(in.object("Healthcheck"), where + ": Healthcheck");
  config.shell = optional_strings(in, "Shell");
  config.on_build = string_array(in, "OnBuild");
  return config;
}

Json to_json(const ImageConfig& config) {
  Json json = {{"os", config.platform.os}, {"architecture", config.platform.architecture}};
  put(json, "variant", config.platform.variant);
  put(json, "created", config.created);
  put(json, "author", config.author);
  json["config"] = to_json(config.config);
  Json diff_ids = Json::array();
  for (const Digest& diff_id : config.diff_ids) diff_ids.push_back(diff_id.str());
  json["rootfs"] = {{"type", "layers"}, {"diff_ids", diff_ids}};
  for (const HistoryEntry& entry : config.history) json["history"].push_back(to_json(entry));
  return json;
}

ImageConfig parse_image_config(const Json& json, const std::string& where) {
  ObjectReader in(json, where);
  ImageConfig config;
  config.created = in.string_or("created", "");
  config.author = in.string_or("author", "");
  config.platform.os = in.string("os");
  config.platform.architecture = in.string("architecture");
  config.platform.variant = in.string_or("variant", "");
  config.config = parse_container_config(in.object("config"), where + ": config");
  config.diff_ids = parse_rootfs(required_object(in, "rootfs"), where + ": rootfs");
  for (const Json& entry : in.array("history"))
    config.history.push_back(
        parse_history(entry, where + ": history[" + std::to_string(config.history.size()) + "]"));
  return config;
}

}  // namespace trainyard::oci
