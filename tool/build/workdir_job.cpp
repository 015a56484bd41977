#include <sys/stat.h>

#include "base/error.hpp"
#include "build/layer_builder.hpp"
#include "build/layer_jobs.hpp"
#include "oci/image_config.hpp"

namespace trainyard::build {

Json workdir_job(const Json& request) {
  ObjectReader in(request, "a working folder");
  const fs::path work = in.string("work");
  const std::string path = in.string("path");
  make_directories(work / "nothing", 0700);
  const std::vector<std::string> parents = in.strings("parents");
  const fs::path mounted = mount_view(parents, work / "view");
  const fs::path view = mounted.empty() ? work / "nothing" : mounted;
  const Resolved found = resolve_path(look_below(view), path);
  const bool folder = !found.seen || S_ISDIR(found.seen->status.st_mode);
  if (!folder)
    throw usage_error("making working folder", path,
                      "a file stands at /" + found.path + " in the image", "choose another folder");
  if (found.missing.empty()) return {{"made", false}};
  const std::string user = in.string_or("user", "");
  const Owner owner = user.empty() ? Owner{} : parse_owner(view, user);
  LayerBuilder builder(in.string("tree"), mounted, topmost(parents),
                       in.boolean_or("single", false) ? OwnerMap::single : OwnerMap::full);
  const std::string full = found.full();
  builder.make_parents(full, owner);
  builder.add_folder(full, {0755, owner, oci::k_constant_seconds, {}},
                     LayerBuilder::Existing::keep);
  builder.finish();
  return {{"made", true}};
}

}  // namespace trainyard::build
