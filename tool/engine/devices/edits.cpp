#include "engine/devices/edits.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace trainyard::engine::devices {

namespace {

constexpr const char* k_points[] = {"prestart",       "createRuntime", "createContainer",
                                    "startContainer", "poststart",     "poststop"};

Error wrong(const std::string& where, const std::string& member, const std::string& what) {
  return usage_error("reading", where, "member \"" + member + "\" " + what);
}

std::string text(ObjectReader& in, const std::string& where, const std::string& member) {
  return scalar_text(in.any(member), where, member);
}

std::string required_text(ObjectReader& in, const std::string& where, const std::string& member) {
  const std::string value = text(in, where, member);
  if (value.empty()) throw wrong(where, member, "is missing");
  return value;
}

std::vector<std::string> texts(ObjectReader& in, const std::string& where,
                               const std::string& member) {
  std::vector<std::string> list;
  for (const Json& value : in.array(member)) list.push_back(scalar_text(value, where, member));
  return list;
}

std::vector<std::string> variables(ObjectReader& in, const std::string& where) {
  std::vector<std::string> list = texts(in, where, "env");
  for (const std::string& pair : list)
    if (const size_t equals = pair.find('='); equals == std::string::npos || equals == 0)
      throw wrong(where, "env", "holds \"" + pair + "\", which is not NAME=VALUE");
  return list;
}

std::optional<uint32_t> id(ObjectReader& in, const std::string& member) {
  if (!in.has(member)) return std::nullopt;
  const int64_t value = in.integer(member);
  if (value < 0 || value > UINT32_MAX) in.fail(member, "must be an id");
  return static_cast<uint32_t>(value);
}

/// A path of this machine or of a container.
std::string path(ObjectReader& in, const std::string& where, const std::string& member) {
  const std::string value = required_text(in, where, member);
  if (!value.starts_with('/'))
    throw wrong(where, member, "must be an absolute path, not \"" + value + "\"");
  return value;
}

Node read_node(const Json& json, const std::string& where) {
  ObjectReader in(json, where);
  Node node;
  node.path = path(in, where, "path");
  if (in.has("hostPath")) node.host_path = path(in, where, "hostPath");
  node.type = text(in, where, "type");
  if (node.type.size() > 1 || node.type.find_first_not_of("bcup") != std::string::npos)
    throw wrong(where, "type", "must be b, c, u or p, not \"" + node.type + "\"");
  node.major = in.integer_or("major", 0);
  node.minor = in.integer_or("minor", 0);
  if (in.has("fileMode")) {
    const int64_t mode = in.integer("fileMode");
    if (mode < 0 || mode > 07777) in.fail("fileMode", "must be a mode such as 0660");
    node.mode = static_cast<unsigned>(mode);
  }
  node.permissions = text(in, where, "permissions");
  if (node.permissions != "none" && node.permissions.find_first_not_of("rwm") != std::string::npos)
    throw wrong(where, "permissions",
                "must be made of r, w and m, or be none, not \"" + node.permissions + "\"");
  node.uid = id(in, "uid");
  node.gid = id(in, "gid");
  in.finish();
  return node;
}

BindMount read_mount(const Json& json, const std::string& where) {
  ObjectReader in(json, where);
  BindMount mount;
  mount.host_path = required_text(in, where, "hostPath");
  mount.container_path = path(in, where, "containerPath");
  mount.options = texts(in, where, "options");
  mount.type = text(in, where, "type");
  in.finish();
  return mount;
}

Hook read_hook(const Json& json, const std::string& where) {
  ObjectReader in(json, where);
  Hook hook;
  hook.point = required_text(in, where, "hookName");
  if (std::find(std::begin(k_points), std::end(k_points), hook.point) == std::end(k_points))
    throw wrong(where, "hookName", "names no hook: \"" + hook.point + "\"");
  hook.path = path(in, where, "path");
  hook.args = texts(in, where, "args");
  hook.environment = variables(in, where);
  if (in.has("timeout")) hook.timeout = in.integer("timeout");
  in.finish();
  return hook;
}

template <class Item, class Read>
std::vector<Item> items(ObjectReader& in, const std::string& where, const std::string& member,
                        const Read& read) {
  std::vector<Item> list;
  for (const Json& json : in.array(member))
    list.push_back(read(json, where + ": " + member + "[" + std::to_string(list.size()) + "]"));
  return list;
}

/// Members of what is not made here: whoever writes them is told about mistakes all the same.
void check_unsupported(ObjectReader& in, const std::string& where, Edits& edits) {
  if (in.has("intelRdt")) {
    ObjectReader rdt(in.object("intelRdt"), where + ": intelRdt");
    for (const char* member :
         {"closID", "l3CacheSchema", "memBwSchema", "schemata", "enableMonitoring"})
      rdt.any(member);
    rdt.finish();
    edits.unsupported.emplace_back("intelRdt");
  }
  for (const Json& json : in.array("netDevices")) {
    ObjectReader device(json, where + ": netDevices");
    for (const char* member : {"hostInterfaceName", "name"})
      if (scalar_text(device.any(member), where, member).empty()) device.fail(member, "is missing");
    device.finish();
    if (edits.unsupported.empty() || edits.unsupported.back() != "netDevices")
      edits.unsupported.emplace_back("netDevices");
  }
}

template <class T>
void extend(std::vector<T>& list, const std::vector<T>& more) {
  list.insert(list.end(), more.begin(), more.end());
}

}  // namespace

bool Edits::empty() const {
  return environment.empty() && nodes.empty() && mounts.empty() && hooks.empty() &&
         additional_gids.empty() && libraries.empty() && unsupported.empty();
}

void Edits::append(const Edits& other) {
  extend(environment, other.environment);
  extend(nodes, other.nodes);
  extend(mounts, other.mounts);
  extend(hooks, other.hooks);
  extend(additional_gids, other.additional_gids);
  extend(libraries, other.libraries);
  extend(unsupported, other.unsupported);
}

std::string scalar_text(const Json& value, const std::string& where, const std::string& member) {
  std::string text;
  if (value.is_string())
    text = value.get<std::string>();
  else if (value.is_number() || value.is_boolean())
    text = value.dump();
  else if (!value.is_null())
    throw wrong(where, member, std::string("must be a text, not ") + value.type_name());
  if (text.find('\0') != std::string::npos) throw wrong(where, member, "holds a NUL byte");
  return text;
}

Edits read_edits(const Json& json, const std::string& where) {
  ObjectReader in(json, where);
  Edits edits;
  edits.environment = variables(in, where);
  edits.nodes = items<Node>(in, where, "deviceNodes", read_node);
  edits.mounts = items<BindMount>(in, where, "mounts", read_mount);
  edits.hooks = items<Hook>(in, where, "hooks", read_hook);
  for (const Json& gid : in.array("additionalGids")) {
    if (!gid.is_number_unsigned() || gid.get<uint64_t>() > UINT32_MAX)
      in.fail("additionalGids", "must hold ids");
    edits.additional_gids.push_back(gid.get<uint32_t>());
  }
  check_unsupported(in, where, edits);
  in.finish();
  return edits;
}

Json edits_to_json(const Edits& edits) {
  Json nodes = Json::array(), mounts = Json::array(), hooks = Json::array();
  for (const Node& node : edits.nodes) {
    Json json = {{"path", node.path},   {"hostPath", node.host_path},
                 {"type", node.type},   {"major", node.major},
                 {"minor", node.minor}, {"permissions", node.permissions}};
    if (node.host_path.empty()) json.erase("hostPath");
    if (node.mode) json["fileMode"] = *node.mode;
    if (node.uid) json["uid"] = *node.uid;
    if (node.gid) json["gid"] = *node.gid;
    nodes.push_back(std::move(json));
  }
  for (const BindMount& mount : edits.mounts)
    mounts.push_back({{"hostPath", mount.host_path},
                      {"containerPath", mount.container_path},
                      {"options", mount.options},
                      {"type", mount.type}});
  for (const Hook& hook : edits.hooks) {
    Json json = {{"hookName", hook.point},
                 {"path", hook.path},
                 {"args", hook.args},
                 {"env", hook.environment}};
    if (hook.timeout) json["timeout"] = *hook.timeout;
    hooks.push_back(std::move(json));
  }
  Json libraries = Json::array();
  for (const Library& library : edits.libraries)
    libraries.push_back({library.host_path, library.name});
  return {{"edits",
           {{"env", edits.environment},
            {"deviceNodes", nodes},
            {"mounts", mounts},
            {"hooks", hooks},
            {"additionalGids", edits.additional_gids}}},
          {"libraries", libraries}};
}

Edits edits_from_json(const Json& json) {
  Edits edits = read_edits(json.at("edits"), "devices");
  for (const Json& library : json.at("libraries"))
    edits.libraries.push_back({library.at(0), library.at(1)});
  return edits;
}

}  // namespace trainyard::engine::devices
