#include <sys/stat.h>

#include "base/error.hpp"
#include "build/layer_builder.hpp"
#include "build/layer_jobs.hpp"
#include "oci/image_config.hpp"

namespace trainyard::build {

namespace {

/// Parents are followed through links (in many bases /lib is one), the last part is not.
std::string place_of(const LayerBuilder& builder, const std::string& target) {
  const std::string clean = clean_path(target);
  const size_t slash = clean.rfind('/');
  if (slash == std::string::npos) return clean;
  return builder.resolve(clean.substr(0, slash)).full() + clean.substr(slash);
}

/// Two places of the plan may be one in this base: the file is there, and needs no link.
bool leads_to_itself(const LayerBuilder& builder, const std::string& path,
                     const std::string& content) {
  return content.starts_with('/') && place_of(builder, content) == path;
}

ExpectedData expected_data(ObjectReader& in) {
  const Json& xxh3 = in.array("xxh3");
  return {static_cast<uint64_t>(in.integer("size")),
          Fingerprint{xxh3.at(0).get<uint64_t>(), xxh3.at(1).get<uint64_t>()}};
}

void place_file(LayerBuilder& builder, const Json& file) {
  ObjectReader in(file, "a file of the image");
  const std::string type = in.string("type");
  const std::string path = place_of(builder, in.string("target"));
  NodeMetadata metadata;
  metadata.mode = static_cast<unsigned>(in.integer("mode"));
  metadata.seconds = oci::k_constant_seconds;
  builder.make_parents(path, Owner{});
  const std::string content = in.string_or("content", "");
  const std::string source = in.string_or("source", "");
  if (type == "folder")
    builder.add_folder(path, metadata, LayerBuilder::Existing::keep);
  else if (type == "link" && leads_to_itself(builder, path, content))
    return;
  else if (type == "link")
    builder.add_link(path, metadata, content);
  else if (source.empty())
    builder.add_text(path, metadata, content);
  else
    builder.add_files({{path, metadata, fs::canonical(source).string(), expected_data(in), ""}});
}

}  // namespace

Json files_job(const Json& request) {
  ObjectReader in(request, "files of the image");
  const fs::path work = in.string("work");
  make_directories(work, 0700);
  const std::vector<std::string> parents = in.strings("parents");
  const fs::path view = mount_view(parents, work / "view");
  LayerBuilder builder(in.string("tree"), view, topmost(parents),
                       in.boolean_or("single", false) ? OwnerMap::single : OwnerMap::full);
  for (const Json& file : in.array("files")) place_file(builder, file);
  builder.finish();
  return Json::object();
}

}  // namespace trainyard::build
