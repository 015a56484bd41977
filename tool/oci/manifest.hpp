#pragma once

#include <map>
#include <string>
#include <vector>

#include "oci/descriptor.hpp"

namespace trainyard::oci {

/// image-spec manifest.md.
struct Manifest {
  Descriptor config;
  std::vector<Descriptor> layers;
  std::map<std::string, std::string> annotations;
};
Json to_json(const Manifest& manifest);
/// Refuses a document whose mediaType contradicts its members (CVE-2021-41190).
Manifest parse_manifest(const Json& json, const std::string& where);

/// image-spec image-index.md.
struct Index {
  std::vector<Descriptor> manifests;
  std::map<std::string, std::string> annotations;
};
Json to_json(const Index& index);
Index parse_index(const Json& json, const std::string& where);

/// The annotation that names a tag in a layout's index.json.
inline constexpr const char* k_ref_name = "org.opencontainers.image.ref.name";

}  // namespace trainyard::oci
