#include "build/step_key.hpp"

#include "base/sha256.hpp"

namespace trainyard::build {

namespace {

constexpr int k_schema = 3;  ///< 2: layers of a RUN could lack folders

Json inputs_of(const RunStep& run, const Plan& plan, const std::vector<std::string>& mounts,
               const std::string& id_map_class) {
  Json inputs = {{"kind", "run"},
                 {"argv", run.argv},
                 {"environment", run.environment},
                 {"cwd", run.working_directory},
                 {"user", run.user},
                 {"network", run.network == engine::Network::none ? "none" : "host"},
                 {"platform", oci::to_text(run.platform)},
                 {"id_map", id_map_class},
                 {"source_date_epoch", plan.source_date_epoch}};
  if (run.script) inputs["script"] = run.script->text;
  if (run.insecure) inputs["security"] = "insecure";
  if (!run.hosts.empty()) inputs["hosts"] = run.hosts;
  if (!run.devices.empty()) inputs["devices"] = device_inputs(run.devices);
  // A step without mounts keeps the key that it had before there were any.
  for (size_t i = 0; i < run.mounts.size(); ++i)
    inputs["mounts"].push_back(mount_inputs(run.mounts[i], mounts[i]));
  return inputs;
}

Json inputs_of(const CopyStep& copy, const std::string& content, const std::string& id_map_class) {
  Json inputs = {
      {"kind", copy.add ? "add" : "copy"}, {"sources", copy.sources}, {"content", content},
      {"destination", copy.destination},   {"chown", copy.chown},     {"chmod", copy.chmod}};
  copy.filter.add_to(inputs);
  if (copy.link) inputs["link"] = true;
  if (copy.unpack) inputs["unpack"] = *copy.unpack;
  const bool from_image = copy.from == CopyStep::From::stage || copy.from == CopyStep::From::image;
  if (from_image || copy.add || !copy.chown.empty()) inputs["id_map"] = id_map_class;
  return inputs;
}

Json inputs_of(const WorkdirStep& workdir, const std::string& id_map_class) {
  Json inputs = {{"kind", "workdir"}, {"path", workdir.path}, {"user", workdir.user}};
  if (!workdir.user.empty()) inputs["id_map"] = id_map_class;
  return inputs;
}

Json inputs_of(const FilesStep& step) {
  Json files = Json::array();
  for (const PlacedFile& file : step.files)
    files.push_back({static_cast<int>(file.type), file.target, file.mode, file.content, file.size,
                     file.sha256});
  return {{"kind", "files"}, {"files", files}};
}

Json inputs_of_body(const PlannedStep& step, const Plan& plan, const std::string& content,
                    const std::vector<std::string>& mounts, const std::string& id_map_class) {
  if (const auto* run = std::get_if<RunStep>(&step.body))
    return inputs_of(*run, plan, mounts, id_map_class);
  if (const auto* copy = std::get_if<CopyStep>(&step.body))
    return inputs_of(*copy, content, id_map_class);
  if (const auto* workdir = std::get_if<WorkdirStep>(&step.body))
    return inputs_of(*workdir, id_map_class);
  if (is_squash(step)) return {{"kind", "squash"}, {"layers", content}};
  return inputs_of(std::get<FilesStep>(step.body));
}

}  // namespace

Json step_inputs(const PlannedStep& step, const Plan& plan, const std::string& content,
                 const std::vector<std::string>& mounts, const std::string& id_map_class) {
  Json inputs = inputs_of_body(step, plan, content, mounts, id_map_class);
  // A layer repeats the folders above what it brings, and with a single id these are all root's.
  if (id_map_class == "single") inputs["id_map"] = id_map_class;
  return inputs;
}

std::string step_key(const Json& inputs, const std::string& parent_chain) {
  const Json all = {{"schema", k_schema}, {"parent", parent_chain}, {"inputs", inputs}};
  return sha256_hex(canonical_json(all));
}

}  // namespace trainyard::build
