#include "oci/manifest.hpp"

#include "base/error.hpp"
#include "oci/json_members.hpp"

namespace trainyard::oci {

namespace {

/// What a document of one kind may say of itself, and members that only the other kinds have.
struct Kind {
  const char* name;
  std::vector<std::string> media_types;
  std::vector<std::string> foreign_members;
};

const Kind k_manifest_kind = {
    "an image manifest",
    {media_type::manifest, "application/vnd.docker.distribution.manifest.v2+json"},
    {"manifests", "fsLayers"}};
const Kind k_index_kind = {
    "an image index",
    {media_type::index, "application/vnd.docker.distribution.manifest.list.v2+json"},
    {"config", "layers", "fsLayers"}};

/// A document that can be read as two kinds is refused: what one reader checked, another would not
/// run.
void check_kind(ObjectReader& in, const Kind& kind) {
  if (in.integer("schemaVersion") != 2) in.fail("schemaVersion", "must be 2");
  const auto media_type = in.optional_string("mediaType");
  bool known = !media_type;
  for (const std::string& allowed : kind.media_types) known = known || *media_type == allowed;
  if (!known)
    in.fail("mediaType",
            "is \"" + media_type->substr(0, 100) + "\", but this is read as " + kind.name);
  for (const std::string& member : kind.foreign_members)
    if (in.has(member)) in.fail(member, std::string("does not belong into ") + kind.name);
}

std::vector<Descriptor> descriptors(ObjectReader& in, const std::string& member,
                                    const std::string& where) {
  if (!in.has(member)) in.fail(member, "is missing");
  std::vector<Descriptor> list;
  for (const Json& one : in.array(member))
    list.push_back(
        parse_descriptor(one, where + ": " + member + "[" + std::to_string(list.size()) + "]"));
  return list;
}

Json descriptors_to_json(const std::vector<Descriptor>& list) {
  Json json = Json::array();
  for (const Descriptor& one : list) json.push_back(to_json(one));
  return json;
}

}  // namespace

Json to_json(const Manifest& manifest) {
  Json json = {{"schemaVersion", 2},
               {"mediaType", media_type::manifest},
               {"config", to_json(manifest.config)},
               {"layers", descriptors_to_json(manifest.layers)}};
  if (!manifest.annotations.empty()) json["annotations"] = manifest.annotations;
  return json;
}

Manifest parse_manifest(const Json& json, const std::string& where) {
  ObjectReader in(json, where);
  check_kind(in, k_manifest_kind);
  Manifest manifest;
  if (!in.has("config")) in.fail("config", "is missing");
  manifest.config = parse_descriptor(in.object("config"), where + ": config");
  manifest.layers = descriptors(in, "layers", where);
  manifest.annotations = string_map(in, "annotations");
  return manifest;
}

Json to_json(const Index& index) {
  Json json = {{"schemaVersion", 2},
               {"mediaType", media_type::index},
               {"manifests", descriptors_to_json(index.manifests)}};
  if (!index.annotations.empty()) json["annotations"] = index.annotations;
  return json;
}

Index parse_index(const Json& json, const std::string& where) {
  ObjectReader in(json, where);
  check_kind(in, k_index_kind);
  Index index;
  index.manifests = descriptors(in, "manifests", where);
  index.annotations = string_map(in, "annotations");
  return index;
}

}  // namespace trainyard::oci
