#include "base/error.hpp"
#include "report/provenance.hpp"

namespace trainyard::report {

namespace {

constexpr const char* k_statement = "https://in-toto.io/Statement/v1";
constexpr const char* k_predicate = "https://slsa.dev/provenance/v1";
constexpr const char* k_build_type = "urn:trainyard:training-run:v1";
constexpr const char* k_manifest = "application/vnd.oci.image.manifest.v1+json";
constexpr const char* k_layer = "application/vnd.oci.image.layer.v1.tar";

/// {"sha256": "…"} of "sha256:…".
Json digest_set(const std::string& digest) {
  const size_t colon = digest.find(':');
  return {{digest.substr(0, colon), digest.substr(colon + 1)}};
}

std::string joined(const std::string& folder, const std::string& path) {
  return path.empty() ? folder : folder + "/" + path;
}

Json subjects_of(const Json& provenance) {
  Json subjects = Json::array();
  for (const Json& output : provenance.at("outputs"))
    for (const Json& file : output.at("files")) {
      const std::string path = file.at("path");
      if (file.contains("link") || path.ends_with('/')) continue;  // an empty folder ends so
      subjects.push_back(
          {{"name", joined(output.at("path"), path)}, {"digest", digest_set(file.at("digest"))}});
    }
  if (subjects.empty())
    throw usage_error(
        "stating where run", provenance.at("run").get<std::string>().substr(0, 12) + " comes from",
        "a statement is about files, and its outputs hold none", "leave out --format in-toto");
  return subjects;
}

/// Where the image lies is not known to a store: the package URL names it by its digest.
Json image_dependency(const Json& image, const std::string& use) {
  std::string name = image.value("name", std::string("image"));
  if (const size_t at = name.find_first_of("@:"); at != std::string::npos) name.resize(at);
  const std::string last = name.substr(name.rfind('/') + 1);
  const std::string digest = image.at("digest");
  Json json = {
      {"name", use + " " + name}, {"mediaType", k_manifest}, {"digest", digest_set(digest)}};
  const bool plain = !last.empty() && last.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyz"
                                          "0123456789._-") == std::string::npos;
  if (plain) json["uri"] = "pkg:oci/" + last + "@" + digest.substr(0, 6) + "%3A" + digest.substr(7);
  return json;
}

/// The image, what its layers are, and the same of the images that it was built from.
void add_image(Json& dependencies, const Json& image, const std::string& use) {
  if (!image.contains("digest") || !image.at("digest").is_string()) return;
  Json dependency = image_dependency(image, use);
  if (image.contains("pinned"))
    dependency["annotations"] = {{"reference", image.value("reference", "")},
                                 {"pinned", image.at("pinned")}};
  dependencies.push_back(std::move(dependency));
  size_t number = 0;
  if (use == "image")
    for (const Json& layer : image.value("layers", Json::array()))
      dependencies.push_back({{"name", "layer " + std::to_string(++number)},
                              {"mediaType", k_layer},
                              {"digest", digest_set(layer.at("digest"))}});
  for (const Json& base : image.value("bases", Json::array()))
    add_image(dependencies, base, "base");
}

void add_inputs(Json& dependencies, const Json& provenance) {
  for (const Json& input : provenance.at("inputs"))
    for (const Json& file : input.value("files", Json::array())) {
      if (!file.contains("digest")) continue;
      Json json = {{"name", joined(input.at("place"), file.at("path"))},
                   {"digest", digest_set(file.at("digest"))}};
      if (input.contains("run")) json["annotations"] = {{"run", run_uri(input.at("run"))}};
      dependencies.push_back(std::move(json));
    }
  for (const std::string& run : runs_before(provenance))
    dependencies.push_back({{"name", "run"}, {"uri", run_uri(run)}});
}

/// Git has SHA-1 commits of 40 digits and SHA-256 commits of 64; the digest set calls both so.
void add_source(Json& dependencies, const Json& source) {
  if (!source.is_object() || !source.contains("commit")) return;
  const std::string commit = source.at("commit");
  Json json = {{"name", "source"}, {"digest", {{"gitCommit", commit}}}};
  if (source.contains("remote") &&
      source.at("remote").get<std::string>().find("://") != std::string::npos)
    json["uri"] = "git+" + source.at("remote").get<std::string>() + "@" + commit;
  json["annotations"] = {{"dirty", source.value("dirty", false)},
                         {"changed", source.value("changed", Json::array())},
                         {"untracked", source.value("untracked", 0)}};
  dependencies.push_back(std::move(json));
}

/// Without what a host calls its files.
Json steps_of(const Json& image) {
  Json executables = image.value("executables", Json::array());
  for (Json& executable : executables) executable.erase("executable");
  return {{"steps", image.value("steps", Json::array())}, {"executables", std::move(executables)}};
}

Json input_digests(const Json& provenance) {
  Json inputs = Json::object();
  for (const Json& input : provenance.at("inputs"))
    inputs[input.at("place").get<std::string>()] = input.at("content");
  return inputs;
}

Json definition_of(const Json& provenance) {
  Json outputs = Json::array();
  for (const Json& output : provenance.at("outputs")) outputs.push_back(output.at("path"));
  Json dependencies = Json::array();
  add_image(dependencies, provenance.at("image"), "image");
  add_inputs(dependencies, provenance);
  add_source(dependencies, provenance.at("source"));
  return {{"buildType", k_build_type},
          {"externalParameters",
           {{"target", provenance.at("target")},
            {"command", provenance.at("command")},
            {"parameters", provenance.at("parameters")},
            {"environment", provenance.at("environment")},
            {"workingDirectory", provenance.at("working_directory")},
            {"network", provenance.at("network")},
            {"inputs", input_digests(provenance)},
            {"outputs", std::move(outputs)}}},
          {"internalParameters",
           {{"key", provenance.at("run")},
            {"image", steps_of(provenance.at("image"))},
            {"machine", provenance.at("machine")}}},
          {"resolvedDependencies", std::move(dependencies)}};
}

Json details_of(const Json& provenance, const std::string& builder) {
  const std::string run = provenance.at("run");
  Json metadata = {{"finishedOn", provenance.at("finished")}};
  metadata["invocationId"] = run_uri(run);
  if (provenance.at("started").is_string()) metadata["startedOn"] = provenance.at("started");
  Json version = Json::object();
  if (provenance.at("tool").is_string()) version["trainyard"] = provenance.at("tool");
  return {{"builder", {{"id", builder}, {"version", std::move(version)}}},
          {"metadata", std::move(metadata)},
          {"byproducts", Json::array({{{"name", "metrics"},
                                       {"uri", run_uri(run) + "#metrics"},
                                       {"annotations", provenance.at("metrics")}}})}};
}

}  // namespace

Json provenance_statement(const Json& provenance, const std::string& builder) {
  return {{"_type", k_statement},
          {"subject", subjects_of(provenance)},
          {"predicateType", k_predicate},
          {"predicate",
           {{"buildDefinition", definition_of(provenance)},
            {"runDetails", details_of(provenance, builder)}}}};
}

}  // namespace trainyard::report
