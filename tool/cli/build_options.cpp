#include "cli/build_options.hpp"

#include "base/quantity.hpp"

namespace trainyard::cli {

void BuildOptions::add_to(CLI::App& app) {
  const auto list = [&app](const char* names, std::vector<std::string>& texts, const char* help,
                           const char* type) {
    app.add_option(names, texts, help)->type_name(type)->allow_extra_args(false);
  };
  common_.add_to(app);
  list("-t,--tag", tags_, "Name of the image: name[:tag]; may be repeated", "NAME");
  list("--secret", secrets_,
       "id=NAME,src=FILE or id=NAME,env=VARIABLE: a secret for steps that mount it", "SECRET");
  list("--ssh", ssh_agents_,
       "default, ID=SOCKET or ID=KEYFILE: an ssh-agent for steps that mount it", "AGENT");
  list("--allow", allowed_,
       "What RUN may ask for: security.insecure is a step without restrictions, device any device "
       "of this machine, device=NAME that one",
       "security.insecure|network.host|device");
  list("--label", labels_, "A label of the image", "K=V");
  list("--add-host", hosts_, "A line of /etc/hosts for steps", "NAME:ADDRESS");
  app.add_option("--network", network_, "Network of RUN steps that do not say one (host)")
      ->type_name("default|none|host");
  app.add_option("--shm-size", shm_size_, "Size of /dev/shm in steps")->type_name("SIZE");
  app.add_flag("--no-cache", no_cache_, "Execute every step");
  list("--no-cache-filter", uncached_, "Execute every step of these stages", "STAGE[,STAGE]");
  app.add_flag("--squash", squashed_,
               "Make one layer of those that the stage to build makes, or of those of each STAGE")
      ->type_name("[=STAGE[,STAGE]]");
  app.add_flag("--keep-modes", keep_modes_,
               "COPY from a folder keeps all bits of modes, and not only who may execute a file");
}

void BuildOptions::apply(build::BuildRequest& request) const {
  common_.apply(request);
  request.no_cache = no_cache_;
  for (const std::string& tag : tags_) request.tags.push_back(oci::Reference::parse(tag));
  // As docker has it, of those with one name the last.
  for (const std::string& text : secrets_) {
    auto [id, secret] = build::parse_secret(text, "--secret");
    request.secrets[id] = std::move(secret);
  }
  for (const std::string& text : ssh_agents_) {
    auto [id, agent] = build::parse_ssh_agent(text, "--ssh");
    request.ssh_agents[id] = std::move(agent);
  }
  for (const std::string& text : allowed_)
    request.allowed.insert(build::parse_entitlement(text, "--allow"));
  for (const std::string& text : labels_) {
    const auto [name, value] = split_assignment(text, "--label");
    request.labels[name] = value;
  }
  for (const std::string& text : hosts_)
    request.hosts.push_back(build::parse_host(text, "--add-host"));
  request.uncached_stages = build::parse_stages(uncached_);
  for (const std::string& text : squashed_) {
    if (text == "true")
      request.squashed_stages.insert("");  // CLI11's word for a flag without a value
    else
      request.squashed_stages.merge(build::parse_stages({text}));
  }
  request.keep_modes = keep_modes_;
  request.network = build::parse_step_network(network_, "--network");
  if (!shm_size_.empty()) request.shm_size = parse_bytes(shm_size_, "--shm-size");
}

}  // namespace trainyard::cli
