#include "cli/container_options.hpp"

#include <charconv>
#include <cstdlib>
#include <sstream>

#include "base/error.hpp"
#include "base/quantity.hpp"
#include "base/spelling.hpp"

namespace trainyard::cli {

void set_variable(std::vector<std::string>& environment, const std::string& assignment) {
  const std::string prefix = assignment.substr(0, assignment.find('=') + 1);
  for (std::string& entry : environment)
    if (entry.starts_with(prefix)) {
      entry = assignment;
      return;
    }
  environment.push_back(assignment);
}

void ContainerOptions::add_to(CLI::App& app) {
  const auto list = [&app](const char* names, std::vector<std::string>& values, const char* value,
                           const char* help) {
    app.add_option(names, values, help)->type_name(value)->allow_extra_args(false);
  };
  const auto one = [&app](const char* names, auto& variable, const char* value, const char* help) {
    app.add_option(names, variable, help)->type_name(value);
  };
  list("-v,--volume", volumes_, "SOURCE:TARGET[:ro]", "Mount a file or folder");
  list("-e,--env", environment_, "K=V", "A variable; K alone hands the tool's own on");
  list("--env-file", environment_files_, "FILE", "File with a K=V or K on each line");
  list("-p,--publish", ports_, "PORT:PORT",
       "The machine's network is shared, so only equal ports can be said");
  list("--tmpfs", tmpfs_, "TARGET[:size=64m]", "An empty folder in memory");
  one("--network,--net", network_, "host|none|private", "host by default");
  one("-w,--workdir", working_directory_, "DIR", "Working folder");
  one("-u,--user", user_, "USER[:GROUP]", "Names or numbers");
  one("--entrypoint", entrypoint_, "PROGRAM", "Instead of the image's");
  one("--name", name_, "NAME", "A name; it becomes the host name");
  one("--hostname", hostname_, "NAME", "Host name");
  one("-m,--memory", memory_, "SIZE", "Limit: 512m, 2g");
  one("--cpus", cpus_, "N", "Limit: processors' worth of time, 1.5");
  one("--shm-size", shm_size_, "SIZE", "Size of /dev/shm");
  one("--pids-limit", pids_, "N", "Limit: processes");
  one("--timeout", timeout_, "TIME", "Stop it after so long: 90s, 1h");
  app.add_flag("-i,--interactive", interactive_, "Hand standard input in");
  app.add_flag("-t,--tty", terminal_, "A terminal");
  app.add_flag("--init", init_, "An init as first process: what is always done");
  app.add_flag("--rm", remove_, "Remove it afterwards: what is always done");
}

void ContainerOptions::apply_environment(engine::ContainerSpec& spec) const {
  const auto assign = [&spec](const std::string& text, const std::string& option) {
    if (text.empty() || text[0] == '=')
      throw usage_error("reading", option, "\"" + text + "\" has no name", "write K=V");
    if (text.find('=') != std::string::npos) return set_variable(spec.environment, text);
    if (const char* own = std::getenv(text.c_str()))
      set_variable(spec.environment, text + "=" + own);
  };
  for (const std::string& file : environment_files_) {
    const std::optional<std::string> content = read_file_if_exists(file);
    if (!content) throw usage_error("reading", "--env-file", "there is no file \"" + file + "\"");
    std::istringstream lines(*content);
    for (std::string line; std::getline(lines, line);) {
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (!line.empty() && line[0] != '#') assign(line, file);
    }
  }
  for (const std::string& text : environment_) assign(text, "--env");
}

namespace {

engine::Mount volume(const std::string& text) {
  // The last part may be options; a source may hold colons only when it is the whole first part's
  // problem, as in docker.
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ':');) parts.push_back(part);
  engine::Mount mount;
  if (parts.size() < 2 || parts.size() > 3 || parts[0].empty() || !parts[1].starts_with('/'))
    throw usage_error("reading", "--volume", "\"" + text + "\" is not SOURCE:TARGET[:ro]",
                      "the target is an absolute path in the container: -v ./data:/data:ro");
  mount.access = engine::Mount::Access::read_write;
  if (parts.size() == 3) {
    std::istringstream options(parts[2]);
    for (std::string option; std::getline(options, option, ',');) {
      if (option == "ro")
        mount.access = engine::Mount::Access::read_only;
      else if (option != "rw" && option != "z" && option != "Z")
        throw usage_error("reading", "--volume", "\"" + option + "\" is not a mount option",
                          "options are ro and rw");
    }
  }
  mount.source = absolute_normal(parts[0]);
  mount.target = parts[1];
  if (!fs::exists(mount.source))
    throw usage_error("reading", "--volume", "there is no file or folder " + mount.source.string(),
                      "make it first: a mistyped path would otherwise become an empty folder");
  return mount;
}

engine::Mount tmpfs_mount(const std::string& text) {
  engine::Mount mount;
  mount.kind = engine::Mount::Kind::tmpfs;
  mount.access = engine::Mount::Access::read_write;
  const size_t colon = text.find(':');
  mount.target = text.substr(0, colon);
  const std::string options = colon == std::string::npos ? "" : text.substr(colon + 1);
  if (!mount.target.starts_with('/') || (!options.empty() && !options.starts_with("size=")))
    throw usage_error("reading", "--tmpfs", "\"" + text + "\" is not TARGET[:size=64m]");
  if (!options.empty()) mount.size = parse_bytes(options.substr(5), "--tmpfs");
  return mount;
}

uint64_t parse_count(const std::string& text, const std::string& option) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0)
    throw usage_error("reading", option, "\"" + text + "\" is not a number from 1 on");
  return value;
}

double parse_cpus(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !(value > 0) || value > 100000)
    throw usage_error("reading", "--cpus", "\"" + text + "\" is not a number of processors",
                      "for example 1.5");
  return value;
}

}  // namespace

void ContainerOptions::apply_mounts(engine::ContainerSpec& spec) const {
  for (const std::string& text : volumes_) spec.mounts.push_back(volume(text));
  for (const std::string& text : tmpfs_) spec.mounts.push_back(tmpfs_mount(text));
}

void ContainerOptions::apply_limits(engine::ContainerSpec& spec) const {
  if (!memory_.empty()) spec.limits.memory = parse_bytes(memory_, "--memory");
  if (!shm_size_.empty()) spec.limits.shm_size = parse_bytes(shm_size_, "--shm-size");
  if (!cpus_.empty()) spec.limits.cpus = parse_cpus(cpus_);
  if (!pids_.empty()) spec.limits.pids = parse_count(pids_, "--pids-limit");
  if (!timeout_.empty())
    spec.timeout = std::chrono::milliseconds(parse_duration(timeout_, "--timeout") / 1'000'000);
}

void ContainerOptions::apply_network(engine::ContainerSpec& spec) const {
  if (network_ == "host")
    spec.network = engine::Network::host;
  else if (network_ == "none")
    spec.network = engine::Network::none;
  else if (network_ == "private")
    spec.network = engine::Network::private_;
  else
    throw usage_error("reading", "--network",
                      "\"" + network_ + "\" is not one of host, none, private",
                      suggestion(network_, {"host", "none", "private"}));
  for (const std::string& port : ports_) {
    const size_t colon = port.rfind(':');
    const std::string inner = port.substr(colon + 1);
    const std::string outer = colon == std::string::npos ? inner : port.substr(0, colon);
    if (spec.network != engine::Network::host || outer.substr(outer.rfind(':') + 1) != inner)
      throw usage_error("reading", "--publish",
                        "\"" + port + "\" cannot be: a port is reachable with --network host " +
                            "alone, and keeps its number there",
                        "use --network host and let the program listen on the port that you want");
  }
}

void ContainerOptions::apply(engine::ContainerSpec& spec) const {
  apply_environment(spec);
  apply_mounts(spec);
  apply_limits(spec);
  apply_network(spec);
  if (!working_directory_.empty()) spec.working_directory = working_directory_;
  if (!user_.empty()) spec.user = user_;
  if (!name_.empty()) spec.hostname = name_;
  if (!hostname_.empty()) spec.hostname = hostname_;
  spec.interactive = interactive_;
  spec.terminal = terminal_;
  spec.init = true;
}

}  // namespace trainyard::cli
