#include "build/secrets.hpp"

#include <sys/stat.h>

#include <cstdlib>

#include "base/error.hpp"
#include "base/spelling.hpp"

namespace trainyard::build {

namespace {

constexpr uint64_t k_largest = 500 * 1024;  // as docker has it
constexpr const char* k_secret_form =
    "write id=NAME,src=FILE or id=NAME,env=VARIABLE; key=true makes its content count for keys";
constexpr const char* k_ssh_form =
    "write default for the agent of SSH_AUTH_SOCK, ID=SOCKET, or ID=KEYFILE";

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

std::string environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value != nullptr ? value : "";
}

/// As docker has it: a variable of that name, else a file of that name.
void settle_origin(Secret& secret, const std::string& id, const std::string& type) {
  if (type == "env" && secret.variable.empty()) secret.variable = std::exchange(secret.file, {});
  if (!secret.file.empty() || !secret.variable.empty()) return;
  if (type == "env" || (type.empty() && std::getenv(id.c_str()) != nullptr))
    secret.variable = id;
  else
    secret.file = id;
}

/// device=NAME[,alias=ALIAS]
std::string parse_device_grant(const std::string& text, const std::string& where) {
  const std::string hint = "write device=NAME, or device=NAME,alias=WHAT-THE-DOCKERFILE-CALLS-IT";
  const std::vector<std::string> fields = split(text.substr(text.find('=') + 1), ',');
  if (fields[0].empty())
    throw usage_error("reading", where, "\"" + text + "\" names no device", hint);
  for (size_t i = 1; i < fields.size(); ++i)
    if (i > 1 || !fields[i].starts_with("alias=") || fields[i].size() == 6)
      throw usage_error("reading", where, "a device has no \"" + fields[i] + "\"", hint);
  return text;
}

void read_secret(const std::string& id, Secret& secret) {
  const std::string action = "reading the secret " + id;
  if (!secret.variable.empty()) {
    const char* value = std::getenv(secret.variable.c_str());
    if (value == nullptr)
      throw usage_error(action, "environment variable " + secret.variable, "it is not set",
                        "set it, or give a file: --secret id=" + id + ",src=FILE");
    secret.value = value;
    return;
  }
  struct stat status {};
  if (::stat(secret.file.c_str(), &status) != 0 || !S_ISREG(status.st_mode))
    throw usage_error(action, secret.file.string(), "there is no such file",
                      "check the src of --secret id=" + id);
  if (static_cast<uint64_t>(status.st_size) > k_largest)
    throw usage_error(action, secret.file.string(), "it is larger than 500 KiB",
                      "a secret is a password or a key; mount larger files with type=bind");
  secret.value = read_file(secret.file);
}

}  // namespace

std::pair<std::string, Secret> parse_secret(const std::string& text, const std::string& where) {
  std::string id, type;
  Secret secret;
  for (const std::string& field : split(text, ',')) {
    const size_t equals = field.find('=');
    const std::string name = field.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : field.substr(equals + 1);
    const auto wrong = [&](const std::string& cause, const std::string& hint) {
      return usage_error("reading", where, cause, hint);
    };
    if (value.empty()) throw wrong("\"" + field + "\" has no value", k_secret_form);
    if (name == "id") {
      id = value;
    } else if (name == "src" || name == "source") {
      secret.file = value;
    } else if (name == "env") {
      secret.variable = value;
    } else if (name == "type") {
      if (value != "file" && value != "env")
        throw wrong("there is no type \"" + value + "\" of secrets", "write type=file or type=env");
      type = value;
    } else if (name == "key") {
      if (value != "true" && value != "false")
        throw wrong("key is true or false, not \"" + value + "\"", k_secret_form);
      secret.keyed = value == "true";
    } else {
      const std::string near = suggestion(name, {"id", "src", "source", "env", "type", "key"});
      throw wrong("a secret has no \"" + name + "\"", near.empty() ? k_secret_form : near);
    }
  }
  if (id.empty()) throw usage_error("reading", where, "\"" + text + "\" has no id", k_secret_form);
  settle_origin(secret, id, type);
  if (!secret.file.empty()) secret.file = absolute_normal(secret.file);
  return {id, secret};
}

std::pair<std::string, SshAgent> parse_ssh_agent(const std::string& text,
                                                 const std::string& where) {
  const size_t equals = text.find('=');
  const std::string id = text.substr(0, equals);
  if (id.empty()) throw usage_error("reading", where, "\"" + text + "\" has no id", k_ssh_form);
  SshAgent agent;
  if (equals == std::string::npos) {
    agent.socket = environment("SSH_AUTH_SOCK");
    if (agent.socket.empty())
      throw usage_error(
          "reading", where, "SSH_AUTH_SOCK is not set: no agent is running",
          "start one with `eval $(ssh-agent)` and `ssh-add`, or name a key: " + id + "=KEYFILE");
  }
  for (const std::string& path :
       split(equals == std::string::npos ? "" : text.substr(equals + 1), ',')) {
    if (path.empty()) continue;
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0)
      throw usage_error("reading", where, "there is no socket or key " + path, k_ssh_form);
    if (S_ISSOCK(status.st_mode))
      agent.socket = absolute_normal(path);
    else
      agent.keys.push_back(absolute_normal(path));
  }
  if (agent.socket.empty() == agent.keys.empty())
    throw usage_error("reading", where,
                      "\"" + text + "\" must name one socket, or keys, and not both", k_ssh_form);
  return {id, agent};
}

std::string parse_entitlement(const std::string& text, const std::string& where) {
  const std::vector<std::string> known{"security.insecure", "network.host", "device"};
  for (const std::string& name : known)
    if (text == name) return text;
  if (text.starts_with("device=")) return parse_device_grant(text, where);
  const std::string near = suggestion(text, known);
  throw usage_error(
      "reading", where, "there is nothing called \"" + text + "\" to allow",
      near.empty() ? "write security.insecure, network.host, device or device=NAME" : near);
}

void read_secrets(BuildRequest& request) {
  for (auto& [id, secret] : request.secrets) read_secret(id, secret);
}

}  // namespace trainyard::build
