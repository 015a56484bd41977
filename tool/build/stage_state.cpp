#include "build/stage_state.hpp"

#include <algorithm>

#include "build/expand_word.hpp"
#include "build/history_text.hpp"
#include "build/image_path.hpp"
#include "dockerfile/port_spec.hpp"
#include "dockerfile/stop_signal.hpp"

namespace trainyard::build {

namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;  // Clang 14 does not deduce it by itself

/// "80", "80/udp", "8000-8003" -> "80/tcp", …; empty when it is not a port.
std::vector<std::string> port_list(const std::string& word) {
  std::vector<std::string> ports;
  const auto spec = dockerfile::parse_port(word);
  if (!spec) return ports;
  for (int port = spec->first; port <= spec->last; ++port)
    ports.push_back(std::to_string(port) + "/" + spec->protocol);
  return ports;
}

}  // namespace

StageState StageState::begin(const BaseImage* base, const oci::Platform& platform) {
  StageState state;
  if (base == nullptr) {
    state.image_.platform = platform;
    state.image_.config.set_env("PATH", k_default_path);
    state.image_.config.working_dir = "/";
  } else {
    state.image_ = base->config;
    state.image_.diff_ids.clear();
    state.image_.history.clear();
    state.image_.created = oci::k_constant_time;
  }
  for (const std::string& pair : state.image_.config.env) {
    const size_t equals = pair.find('=');
    state.set_variable(pair.substr(0, equals),
                       equals == std::string::npos ? "" : pair.substr(equals + 1));
  }
  return state;
}

StageState StageState::inherit(const StageState& parent) {
  StageState state = parent;
  state.history_.clear();
  state.cmd_set_here_ = false;
  return state;
}

void StageState::set_variable(const std::string& name, const std::string& value) {
  for (auto& [known, old] : variables_)
    if (known == name) {
      old = value;
      return;
    }
  variables_.emplace_back(name, value);
}

std::optional<std::string> StageState::lookup(std::string_view name) const {
  for (const auto& [known, value] : variables_)
    if (known == name) return value;
  return std::nullopt;
}

std::vector<std::string> StageState::run_environment() const {
  std::vector<std::string> list;
  for (const auto& [name, value] : variables_) list.push_back(name + "=" + value);
  if (!lookup("PATH")) list.push_back(std::string("PATH=") + k_default_path);
  return list;
}

std::vector<std::string> StageState::declared_arguments() const {
  std::vector<std::string> list;
  for (const std::string& name : arguments_) list.push_back(name + "=" + lookup(name).value_or(""));
  return list;
}

std::vector<std::string> StageState::shell() const {
  return image_.config.shell.value_or(std::vector<std::string>{"/bin/sh", "-c"});
}

std::string StageState::working_directory() const {
  return image_.config.working_dir.empty() ? "/" : image_.config.working_dir;
}

size_t StageState::add_history(std::string created_by, bool empty_layer) {
  oci::HistoryEntry entry;
  entry.created = oci::k_constant_time;
  entry.created_by = std::move(created_by);
  entry.empty_layer = empty_layer;
  history_.push_back(std::move(entry));
  return history_.size() - 1;
}

std::string StageState::change_directory(const dockerfile::Dockerfile& source,
                                         const dockerfile::Workdir& workdir) {
  const auto find = [this](std::string_view name) { return lookup(name); };
  const std::string path =
      join_image_path(working_directory(), expand_word(source, workdir.path, find));
  for (const std::string special : {"/proc", "/sys", "/dev"})
    if (path == special || path.starts_with(special + "/"))
      throw source.error(workdir.path.at, "a working folder cannot lie in " + special,
                         "choose a folder that belongs to the image",
                         static_cast<int>(workdir.path.text.size()));
  image_.config.working_dir = path;
  return path;
}

std::vector<std::string> StageState::command_line(const dockerfile::CommandLine& command) const {
  if (command.exec_form) return command.argv;
  std::vector<std::string> argv = shell();
  argv.insert(argv.end(), command.argv.begin(), command.argv.end());
  return argv;
}

void StageState::apply_env(const dockerfile::Dockerfile& source, const dockerfile::Env& env) {
  const auto find = [this](std::string_view name) { return lookup(name); };
  std::vector<std::pair<std::string, std::string>> values;
  for (const auto& [key, value] : env.variables)
    values.emplace_back(expand_word(source, key, find), expand_word(source, value, find));
  std::string text = "ENV";
  for (const auto& [name, value] : values) {
    set_variable(name, value);
    image_.config.set_env(name, value);
    text += " " + name + "=" + value;
  }
  add_history(text, true);
}

void StageState::apply_arg(const dockerfile::Dockerfile& source, const dockerfile::Arg& arg,
                           const BuildArguments& arguments) {
  // Each declaration sees the ones before it: `ARG A=1 B=$A` is two instructions in one line.
  const auto find = [this](std::string_view name) { return lookup(name); };
  std::string text = "ARG";
  for (const auto& declaration : arg.declarations) {
    std::optional<std::string> fallback;
    if (declaration.value) fallback = expand_word(source, *declaration.value, find);
    const std::string& name = declaration.name.text;
    const auto value = arguments.declared(name, fallback);
    text += " " + name;
    if (value) {
      set_variable(name, *value);
      text += "=" + *value;
    }
    if (std::find(arguments_.begin(), arguments_.end(), name) == arguments_.end())
      arguments_.push_back(name);
  }
  add_history(text, true);
}

void StageState::apply_expose(const dockerfile::Dockerfile& source,
                              const dockerfile::Expose& expose) {
  const auto find = [this](std::string_view name) { return lookup(name); };
  std::vector<std::string> all;
  for (const dockerfile::Word& word : expose.ports)
    for (const std::string& text : expand_words(source, word, find)) {
      const std::vector<std::string> ports = port_list(text);
      if (ports.empty())
        throw source.error(word.at, "\"" + text + "\" is not a port",
                           "write a number, a range such as 8000-8010, each with /tcp or /udp",
                           static_cast<int>(word.text.size()));
      image_.config.exposed_ports.insert(ports.begin(), ports.end());
      all.insert(all.end(), ports.begin(), ports.end());
    }
  add_history("EXPOSE " + plain_list(all), true);
}

void StageState::apply_health_check(const dockerfile::HealthCheck& check) {
  oci::Healthcheck health;
  if (check.none) {
    health.test = {"NONE"};
  } else {
    health.test = {check.command.exec_form ? "CMD" : "CMD-SHELL"};
    health.test.insert(health.test.end(), check.command.argv.begin(), check.command.argv.end());
  }
  health.interval = check.interval;
  health.timeout = check.timeout;
  health.start_period = check.start_period;
  health.start_interval = check.start_interval;
  health.retries = check.retries;
  add_history(health_check_history(health), true);
  image_.config.healthcheck = std::move(health);
}

void StageState::apply(const dockerfile::Dockerfile& source,
                       const dockerfile::Instruction& instruction,
                       const BuildArguments& arguments) {
  const auto find = [this](std::string_view name) { return lookup(name); };
  oci::ContainerConfig& config = image_.config;
  std::visit(
      Overloaded{
          [&](const dockerfile::Env& env) { apply_env(source, env); },
          [&](const dockerfile::Arg& arg) { apply_arg(source, arg, arguments); },
          [&](const dockerfile::Label& label) {
            std::string text = "LABEL";
            for (const auto& [key, value] : label.labels) {
              const std::string name = expand_word(source, key, find);
              config.labels[name] = expand_word(source, value, find);
              text += " " + name + "=" + config.labels[name];
            }
            add_history(text, true);
          },
          [&](const dockerfile::User& user) {
            config.user = expand_word(source, user.user, find);
            add_history("USER " + config.user, true);
          },
          [&](const dockerfile::Cmd& cmd) {
            config.cmd = command_line(cmd.command);
            cmd_set_here_ = true;
            add_history("CMD " + bracket_list(*config.cmd), true);
            if (config.cmd->empty()) config.cmd.reset();
          },
          [&](const dockerfile::Entrypoint& entrypoint) {
            config.entrypoint = command_line(entrypoint.command);
            if (!cmd_set_here_) config.cmd.reset();
            add_history("ENTRYPOINT " + bracket_list(*config.entrypoint), true);
            if (config.entrypoint->empty()) config.entrypoint.reset();
          },
          [&](const dockerfile::Expose& expose) { apply_expose(source, expose); },
          [&](const dockerfile::Volume& volume) {
            std::vector<std::string> paths;
            for (const dockerfile::Word& word : volume.paths) {
              const std::string path = expand_word(source, word, find);
              if (path.empty()) throw source.error(word.at, "a volume needs a path");
              config.volumes.insert(path);
              paths.push_back(path);
            }
            add_history("VOLUME " + plain_list(paths), true);
          },
          [&](const dockerfile::Shell& shell) {
            config.shell = shell.argv;
            add_history("SHELL " + plain_list(shell.argv), true);
          },
          [&](const dockerfile::StopSignal& stop) {
            const std::string signal = expand_word(source, stop.signal, find);
            if (const auto hint = dockerfile::problem_of_signal(signal))
              throw source.error(stop.signal.at, "there is no signal \"" + signal + "\"", *hint,
                                 static_cast<int>(stop.signal.text.size()));
            config.stop_signal = signal;
            add_history("STOPSIGNAL " + config.stop_signal, true);
          },
          [&](const dockerfile::HealthCheck& check) { apply_health_check(check); },
          [&](const dockerfile::Maintainer& maintainer) {
            image_.author = maintainer.name.text;
            add_history("MAINTAINER " + image_.author, true);
          },
          // It writes no history: it does nothing in this image.
          [&](const dockerfile::OnBuild& later) { config.on_build.push_back(later.trigger); },
          // The steps: the planner's.
          [](const dockerfile::Run&) {}, [](const dockerfile::Copy&) {},
          [](const dockerfile::Workdir&) {}},
      instruction.body);
}

}  // namespace trainyard::build
