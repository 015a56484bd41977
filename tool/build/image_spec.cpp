#include "base/error.hpp"
#include "base/quantity.hpp"
#include "base/spec_text.hpp"
#include "build/build_image.hpp"

namespace trainyard::build {

namespace {

std::pair<std::string, std::string> split_pair(const ObjectReader& in, const std::string& member,
                                               const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    in.fail(member, "holds \"" + text + "\", which is not name=value");
  return {text.substr(0, equals), text.substr(equals + 1)};
}

std::vector<fs::path> absolute_paths(ObjectReader& in, const std::string& member) {
  std::vector<fs::path> paths;
  for (const std::string& text : in.strings(member)) {
    if (!text.starts_with('/')) in.fail(member, "holds \"" + text + "\", which is not absolute");
    paths.push_back(absolute_normal(text));
  }
  return paths;
}

fs::path absolute_or_empty(ObjectReader& in, const std::string& member) {
  const std::string text = in.string_or(member, "");
  if (text.empty()) return {};
  if (!text.starts_with('/')) in.fail(member, "is \"" + text + "\", which is not absolute");
  return absolute_normal(text);
}

}  // namespace

ImageSpec read_image_spec(const fs::path& file) {
  const Json json = parse_spec_text(read_file(file), file.string());
  ObjectReader in(json, file.string());
  if (in.integer("schema") != 1) in.fail("schema", "must be 1");
  if (in.string("kind") != "image") in.fail("kind", "must be \"image\"");
  ImageSpec spec;
  BuildRequest& request = spec.request;
  request.name = in.string("name");
  spec.build_dir = absolute_or_empty(in, "build_dir");
  if (!spec.build_dir.empty()) request.excluded.push_back(spec.build_dir);
  const fs::path dockerfile = absolute_or_empty(in, "dockerfile");
  if (!dockerfile.empty()) request.dockerfile = dockerfile;
  ExecutableImage executables;
  executables.executables = absolute_paths(in, "executables");
  executables.libraries = absolute_paths(in, "libraries");
  executables.project_folders = absolute_paths(in, "project_folders");
  executables.flag_files = absolute_paths(in, "flag_files");
  if (dockerfile.empty() == executables.executables.empty())
    in.fail("dockerfile", "or \"executables\" must be given, and not both");
  if (dockerfile.empty()) request.executables = std::move(executables);
  request.from = in.string_or("from", "");
  request.context = absolute_or_empty(in, "context");
  request.stage = in.string_or("stage", "");
  for (const std::string& text : in.strings("build_args"))
    request.build_args.push_back(split_pair(in, "build_args", text));
  for (const std::string& text : in.strings("contexts")) {
    const auto [name, source] = split_pair(in, "contexts", text);
    request.contexts[name] = parse_context_source(source);
  }
  // Of two with one name the last counts, as on the command line.
  for (const std::string& text : in.strings("secrets")) {
    const auto [id, secret] = parse_secret(text, file.string() + ": secrets");
    request.secrets.insert_or_assign(id, secret);
  }
  for (const std::string& text : in.strings("ssh")) {
    const auto [id, agent] = parse_ssh_agent(text, file.string() + ": ssh");
    request.ssh_agents.insert_or_assign(id, agent);
  }
  for (const std::string& text : in.strings("allow"))
    request.allowed.insert(parse_entitlement(text, file.string() + ": allow"));
  if (const std::string platform = in.string_or("platform", ""); !platform.empty())
    request.platform = oci::parse_platform(platform);
  request.uncached_stages = parse_stages(in.strings("no_cache_filter"));
  request.squashed_stages = parse_stages(in.strings("squash"));
  request.keep_modes = in.boolean_or("keep_modes", false);
  for (const std::string& text : in.strings("labels")) {
    const auto [name, value] = split_pair(in, "labels", text);
    request.labels[name] = value;
  }
  for (const std::string& text : in.strings("hosts"))
    request.hosts.push_back(parse_host(text, file.string() + ": hosts"));
  request.network = parse_step_network(in.string_or("network", ""), file.string() + ": network");
  if (const std::string size = in.string_or("shm_size", ""); !size.empty())
    request.shm_size = parse_bytes(size, file.string() + ": shm_size");
  for (const std::string& text : in.strings("tags"))
    request.tags.push_back(oci::Reference::parse(text));
  in.finish();
  return spec;
}

}  // namespace trainyard::build
