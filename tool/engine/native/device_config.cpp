#include "engine/native/device_config.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace trainyard::engine::native {

namespace {

bool is_made(const devices::Node& node, IdMap::Kind map) {
  return map == IdMap::Kind::root && lies_within(absolute_normal(node.path), "/dev");
}

bool holds(const std::vector<std::string>& options, const char* option) {
  return std::find(options.begin(), options.end(), option) != options.end();
}

Mount bind(const std::string& source, const std::string& target, std::vector<std::string> options) {
  Mount mount;
  mount.source = source;
  mount.target = target;
  mount.of_device = true;
  mount.options = std::move(options);
  return mount;
}

Mount mount_of(const devices::BindMount& asked) {
  std::vector<std::string> options = asked.options;
  const bool is_bind = asked.type.empty() || asked.type == "none" || asked.type == "bind";
  if (is_bind && !holds(options, "bind") && !holds(options, "rbind")) options.push_back("rbind");
  Mount mount = bind(asked.host_path, asked.container_path, std::move(options));
  if (asked.type == "tmpfs") mount.kind = Mount::Kind::tmpfs;
  if (!is_bind && asked.type != "tmpfs")
    throw usage_error("mounting at", asked.container_path,
                      "a device asks for a mount of type " + asked.type,
                      "bind and tmpfs are what devices get here");
  return mount;
}

void set_variable(Json& variables, const std::string& pair) {
  const std::string name = pair.substr(0, pair.find('=') + 1);
  for (Json& entry : variables)
    if (entry.get_ref<const std::string&>().starts_with(name)) {
      entry = pair;
      return;
    }
  variables.push_back(pair);
}

Json made_node(const devices::Node& node, const ContainerUser& user) {
  Json json = {{"path", node.path}, {"type", node.type}};
  if (node.type != "p") {
    json["major"] = node.major;
    json["minor"] = node.minor;
  }
  if (node.mode) json["fileMode"] = *node.mode;
  json["uid"] = node.uid.value_or(user.uid);
  json["gid"] = node.gid.value_or(user.gid);
  return json;
}

void set_node(Json& nodes, Json node) {
  for (Json& other : nodes)
    if (other.at("path") == node.at("path")) {
      other = std::move(node);
      return;
    }
  nodes.push_back(std::move(node));
}

Json hook_json(const devices::Hook& hook) {
  Json json = {{"path", hook.path}};
  if (!hook.args.empty()) json["args"] = hook.args;
  if (!hook.environment.empty()) json["env"] = hook.environment;
  if (hook.timeout) json["timeout"] = *hook.timeout;
  return json;
}

}  // namespace

std::vector<Mount> device_mounts(const devices::Edits& edits, IdMap::Kind map) {
  std::vector<Mount> mounts;
  for (const devices::Node& node : edits.nodes)
    if (!is_made(node, map))
      mounts.push_back(bind(node.host_path, node.path, {"bind", "rprivate", "nosuid", "noexec"}));
  for (const devices::BindMount& mount : edits.mounts) mounts.push_back(mount_of(mount));
  for (const devices::Library& library : edits.libraries)
    mounts.push_back(
        bind(library.host_path, library.name, {"bind", "rprivate", "ro", "nosuid", "nodev"}));
  return mounts;
}

void add_devices(Json& config, const devices::Edits& edits, IdMap::Kind map,
                 const ContainerUser& user) {
  Json& process = config.at("process");
  for (const std::string& pair : edits.environment) set_variable(process.at("env"), pair);
  for (const devices::Node& node : edits.nodes)
    if (is_made(node, map)) set_node(config.at("linux")["devices"], made_node(node, user));
  for (const devices::Hook& hook : edits.hooks)
    config["hooks"][hook.point].push_back(hook_json(hook));
  if (map != IdMap::Kind::root) return;
  for (const uint32_t gid : edits.additional_gids) {
    Json& groups = process.at("user")["additionalGids"];
    if (gid != 0 && std::find(groups.begin(), groups.end(), gid) == groups.end())
      groups.push_back(gid);
  }
}

std::vector<DeviceDenial> device_denials(const devices::Edits& edits) {
  std::vector<DeviceDenial> denials;
  for (const devices::Node& node : edits.nodes) {
    if (node.permissions.empty() || (node.type != "c" && node.type != "b")) continue;
    DeviceDenial denial{node.type, node.major, node.minor, ""};
    // Not "m": the runtime makes the node, and containers lack the capability.
    for (const char access : {'r', 'w'})
      if (node.permissions == "none" || node.permissions.find(access) == std::string::npos)
        denial.access += access;
    if (!denial.access.empty()) denials.push_back(std::move(denial));
  }
  return denials;
}

std::vector<std::string> device_warnings(const devices::Edits& edits, IdMap::Kind map) {
  std::vector<std::string> warnings;
  if (map == IdMap::Kind::root) return warnings;
  if (!device_denials(edits).empty())
    warnings.emplace_back(
        "the permissions of a device are not in effect: only root can set them; the node's own "
        "mode counts");
  if (!edits.additional_gids.empty())
    warnings.emplace_back(
        "the additional groups of a device are not in effect: they are this machine's, which only "
        "root can hand in");
  return warnings;
}

}  // namespace trainyard::engine::native
