#include "engine/native/spec_wire.hpp"

namespace trainyard::engine::native {

namespace {

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

template <typename T>
std::optional<T> optional_of(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return json.get<T>();
}

Json texts(const std::vector<fs::path>& paths) {
  Json list = Json::array();
  for (const fs::path& path : paths) list.push_back(path.string());
  return list;
}

std::vector<fs::path> paths(const Json& texts) {
  std::vector<fs::path> list;
  for (const Json& text : texts) list.emplace_back(text.get<std::string>());
  return list;
}

/// A secret may hold any bytes, and JSON holds UTF-8 alone.
std::string to_hex_digits(const std::string& bytes) {
  constexpr const char* k_digits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += k_digits[static_cast<unsigned char>(c) >> 4];
    text += k_digits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::string from_hex_digits(const std::string& text) {
  std::string bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  return bytes;
}

Json mount_to_json(const Mount& mount) {
  return {{"kind", static_cast<int>(mount.kind)},
          {"source", mount.source.string()},
          {"layers", texts(mount.layers)},
          {"target", mount.target},
          {"access", static_cast<int>(mount.access)},
          {"size", mount.size},
          {"owned_by_user", mount.owned_by_user},
          {"content", to_hex_digits(mount.content)},
          {"keys", texts(mount.keys)},
          {"names", mount.names},
          {"mode", mount.mode},
          {"uid", mount.uid},
          {"gid", mount.gid}};
}

Mount mount_from_json(const Json& json) {
  Mount mount;
  mount.kind = static_cast<Mount::Kind>(json.at("kind").get<int>());
  mount.source = json.at("source").get<std::string>();
  mount.layers = paths(json.at("layers"));
  mount.target = json.at("target");
  mount.access = static_cast<Mount::Access>(json.at("access").get<int>());
  mount.size = json.at("size");
  mount.owned_by_user = json.at("owned_by_user");
  mount.content = from_hex_digits(json.at("content"));
  mount.keys = paths(json.at("keys"));
  mount.names = json.at("names").get<std::vector<std::string>>();
  mount.mode = json.at("mode");
  mount.uid = json.at("uid");
  mount.gid = json.at("gid");
  return mount;
}

}  // namespace

Json spec_to_json(const ContainerSpec& spec) {
  Json mounts = Json::array();
  for (const Mount& mount : spec.mounts) mounts.push_back(mount_to_json(mount));
  return {{"layers", texts(spec.layers)},
          {"privileged", spec.privileged},
          {"upper", spec.upper ? Json(spec.upper->string()) : Json(nullptr)},
          {"work", spec.work.string()},
          {"argv", spec.argv},
          {"environment", spec.environment},
          {"working_directory", spec.working_directory},
          {"user", spec.user},
          {"hostname", spec.hostname},
          {"hosts", spec.hosts},
          {"profile", static_cast<int>(spec.profile)},
          {"network", static_cast<int>(spec.network)},
          {"mounts", mounts},
          {"devices", devices::edits_to_json(spec.devices)},
          {"cpus", or_null(spec.limits.cpus)},
          {"memory", or_null(spec.limits.memory)},
          {"shm_size", or_null(spec.limits.shm_size)},
          {"pids", spec.limits.pids},
          {"init", spec.init},
          {"terminal", spec.terminal},
          {"interactive", spec.interactive},
          {"timeout", spec.timeout ? Json(spec.timeout->count()) : Json(nullptr)},
          {"grace", spec.grace.count()},
          {"missing_report",
           spec.missing_report ? Json(spec.missing_report->string()) : Json(nullptr)}};
}

ContainerSpec spec_from_json(const Json& json) {
  ContainerSpec spec;
  spec.layers = paths(json.at("layers"));
  spec.privileged = json.at("privileged");
  if (const auto upper = optional_of<std::string>(json.at("upper"))) spec.upper = *upper;
  spec.work = json.at("work").get<std::string>();
  spec.argv = json.at("argv").get<std::vector<std::string>>();
  spec.environment = json.at("environment").get<std::vector<std::string>>();
  spec.working_directory = json.at("working_directory");
  spec.user = json.at("user");
  spec.hostname = json.at("hostname");
  spec.hosts = json.at("hosts").get<std::vector<std::pair<std::string, std::string>>>();
  spec.profile = static_cast<Profile>(json.at("profile").get<int>());
  spec.network = static_cast<Network>(json.at("network").get<int>());
  for (const Json& mount : json.at("mounts")) spec.mounts.push_back(mount_from_json(mount));
  spec.devices = devices::edits_from_json(json.at("devices"));
  spec.limits.cpus = optional_of<double>(json.at("cpus"));
  spec.limits.memory = optional_of<uint64_t>(json.at("memory"));
  spec.limits.shm_size = optional_of<uint64_t>(json.at("shm_size"));
  spec.limits.pids = json.at("pids");
  spec.init = json.at("init");
  spec.terminal = json.at("terminal");
  spec.interactive = json.at("interactive");
  if (const auto timeout = optional_of<int64_t>(json.at("timeout")))
    spec.timeout = std::chrono::milliseconds(*timeout);
  spec.grace = std::chrono::milliseconds(json.at("grace").get<int64_t>());
  if (const auto report = optional_of<std::string>(json.at("missing_report")))
    spec.missing_report = *report;
  return spec;
}

Json result_to_json(const ContainerResult& result) {
  return {{"exit_code", result.exit_code},
          {"signal", or_null(result.signal)},
          {"out_of_memory", result.out_of_memory},
          {"timed_out", result.timed_out},
          {"seconds", result.seconds},
          {"peak_memory", result.peak_memory},
          {"warnings", result.warnings}};
}

ContainerResult result_from_json(const Json& json) {
  ContainerResult result;
  result.exit_code = json.at("exit_code");
  result.signal = optional_of<int>(json.at("signal"));
  result.out_of_memory = json.at("out_of_memory");
  result.timed_out = json.at("timed_out");
  result.seconds = json.at("seconds");
  result.peak_memory = json.at("peak_memory");
  result.warnings = json.at("warnings").get<std::vector<std::string>>();
  return result;
}

}  // namespace trainyard::engine::native
