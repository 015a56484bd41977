#include "build/build_note.hpp"

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/sha256.hpp"
#include "build/remote_address.hpp"
#include "store/step_records.hpp"

namespace trainyard::build {

namespace {

constexpr const char* k_builds = "builds";  ///< the kind of fact

std::string tag_key(const std::string& tag) {
  return sha256_hex("build 1\ntag\n" + tag);
}

std::string note_key(const BuildRequest& request) {
  if (!request.tags.empty()) return tag_key(request.tags.front().str());
  std::string identity = "build 1\n" + request.name + "\n" + request.stage + "\n";
  for (const fs::path& tree : request.excluded) identity += tree.native() + "\n";
  if (request.remote)
    return sha256_hex(identity + "remote\n" + request.remote->address + "\n" +
                      request.remote->file);
  identity += request.dockerfile ? request.dockerfile->native() : "-";
  return sha256_hex(identity + "\n" + request.context.native());
}

std::optional<BuildNote> find_note(const store::Store& store, const std::string& key) {
  const auto text = store::find_fact(store, k_builds, key);
  if (!text) return std::nullopt;
  try {
    const Json json = Json::parse(*text);
    BuildNote note;
    note.request = json.at("request");
    for (const Json& step : json.at("steps"))
      note.steps.push_back({step.at("stage"), step.at("text"), step.at("key"), step.at("parent")});
    return note;
  } catch (const Json::exception&) {
    return std::nullopt;  // of another version of the tool
  }
}

Json context_json(const ContextSource& source) {
  return {{"kind", static_cast<int>(source.kind)},
          {"folder", source.folder.string()},
          {"reference", source.reference},
          {"remote", address_without_secrets(source.remote)}};
}

Json remote_json(const std::optional<RemoteContext>& remote) {
  if (!remote) return nullptr;
  return {{"address", address_without_secrets(remote->address)}, {"file", remote->file}};
}

}  // namespace

Json noted_request(const BuildRequest& request) {
  Json contexts = Json::object();
  for (const auto& [name, source] : request.contexts) contexts[name] = context_json(source);
  Json arguments = Json::array();
  for (const auto& [name, value] : request.build_args) arguments.push_back({name, value});
  Json tags = Json::array();
  for (const oci::Reference& tag : request.tags) tags.push_back(tag.str());
  Json excluded = Json::array();
  for (const fs::path& folder : request.excluded) excluded.push_back(folder.string());
  Json secrets = Json::object();
  for (const auto& [id, secret] : request.secrets)  // where they are, never what they hold
    secrets[id] = {
        {"file", secret.file.string()}, {"variable", secret.variable}, {"keyed", secret.keyed}};
  Json agents = Json::object();
  for (const auto& [id, agent] : request.ssh_agents) {
    Json keys = Json::array();
    for (const fs::path& key : agent.keys) keys.push_back(key.string());
    agents[id] = {{"socket", agent.socket.string()}, {"keys", std::move(keys)}};
  }
  Json hosts = Json::array();
  for (const auto& [host, address] : request.hosts) hosts.push_back({host, address});
  return {{"secrets", std::move(secrets)},
          {"platform", request.platform ? oci::to_text(*request.platform) : ""},
          {"squash", request.squashed_stages},
          {"keep_modes", request.keep_modes},
          {"labels", request.labels},
          {"network", request.network == engine::Network::none ? "none" : ""},
          {"hosts", std::move(hosts)},
          {"shm_size", request.shm_size.value_or(0)},
          {"ssh", std::move(agents)},
          {"allowed", request.allowed},
          {"name", request.name},
          {"dockerfile", request.dockerfile ? Json(request.dockerfile->string()) : Json()},
          {"text", request.dockerfile_text ? Json(*request.dockerfile_text) : Json()},
          {"context", request.context.string()},
          {"remote", remote_json(request.remote)},
          {"excluded", std::move(excluded)},
          {"stage", request.stage},
          {"build_args", std::move(arguments)},
          {"contexts", std::move(contexts)},
          {"tags", std::move(tags)}};
}

BuildRequest request_of_note(const Json& json) {
  BuildRequest request;
  request.name = json.at("name");
  if (json.at("dockerfile").is_string())
    request.dockerfile = json.at("dockerfile").get<std::string>();
  if (json.at("text").is_string()) request.dockerfile_text = json.at("text").get<std::string>();
  request.context = json.at("context").get<std::string>();
  request.stage = json.at("stage");
  for (const auto& [id, secret] : json.at("secrets").items())
    request.secrets[id] = {fs::path(secret.at("file").get<std::string>()), secret.at("variable"),
                           secret.at("keyed"), ""};
  for (const auto& [id, agent] : json.at("ssh").items()) {
    SshAgent& known = request.ssh_agents[id];
    known.socket = agent.at("socket").get<std::string>();
    for (const Json& key : agent.at("keys")) known.keys.emplace_back(key.get<std::string>());
  }
  request.allowed = json.at("allowed").get<std::set<std::string>>();
  for (const Json& folder : json.at("excluded"))
    request.excluded.emplace_back(folder.get<std::string>());
  for (const Json& argument : json.at("build_args"))
    request.build_args.emplace_back(argument.at(0), argument.at(1));
  for (const auto& [name, source] : json.at("contexts").items())
    request.contexts[name] = {static_cast<ContextSource::Kind>(source.at("kind").get<int>()),
                              fs::path(source.at("folder").get<std::string>()),
                              source.at("reference"), source.value("remote", "")};
  // Notes of earlier versions lack these.
  if (const std::string platform = json.value("platform", ""); !platform.empty())
    request.platform = oci::parse_platform(platform);
  request.squashed_stages = json.value("squash", std::set<std::string>());
  request.keep_modes = json.value("keep_modes", false);
  request.labels = json.value("labels", std::map<std::string, std::string>());
  request.network = parse_step_network(json.value("network", ""), "network");
  for (const Json& host : json.value("hosts", Json::array()))
    request.hosts.emplace_back(host.at(0), host.at(1));
  if (const Json remote = json.value("remote", Json()); remote.is_object())
    request.remote = {remote.at("address"), remote.at("file")};
  if (const uint64_t size = json.value("shm_size", uint64_t{0}); size > 0) request.shm_size = size;
  for (const Json& tag : json.at("tags"))
    request.tags.push_back(oci::Reference::parse(tag.get<std::string>()));
  return request;
}

std::optional<BuildNote> find_build_note(const store::Store& store, const BuildRequest& request) {
  return find_note(store, note_key(request));
}

void keep_build_note(const store::Store& store, const BuildRequest& request,
                     const BuildNote& note) {
  if (find_build_note(store, request) == note) return;
  Json steps = Json::array();
  for (const NotedStep& step : note.steps)
    steps.push_back(
        {{"stage", step.stage}, {"text", step.text}, {"key", step.key}, {"parent", step.parent}});
  const Json json = {{"steps", std::move(steps)}, {"request", note.request}};
  store::put_fact(store, k_builds, note_key(request), dump_json(json));
}

std::optional<BuildRequest> find_request_of_tag(const store::Store& store,
                                                const oci::Reference& tag) {
  const auto note = find_note(store, tag_key(tag.str()));
  if (!note || note->request.is_null()) return std::nullopt;
  return request_of_note(note->request);
}

}  // namespace trainyard::build
