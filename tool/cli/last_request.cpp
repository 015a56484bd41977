#include "cli/last_request.hpp"

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "build/build_note.hpp"
#include "store/roots.hpp"

namespace trainyard::cli {

build::BuildRequest last_request(const store::Store& store, const std::string& name) {
  if (const auto root = store::find_root(store, store::TargetKind::image, name)) {
    if (!fs::exists(root->spec))
      throw usage_error("looking up", name, root->spec.string() + " is gone",
                        "configure the build tree again");
    return build::read_image_spec(root->spec).request;
  }
  const auto request = build::find_request_of_tag(store, oci::Reference::parse(name));
  if (request && request->remote && request->remote->address == "-")
    throw usage_error("looking up", name,
                      "its context came from standard input, which cannot be read again",
                      "give it once more, before the build: trainyard build --dry-run - < FILE");
  if (request && request->dockerfile && !fs::exists(*request->dockerfile))
    throw usage_error("looking up", name, request->dockerfile->string() + " is gone",
                      "it was built from there the last time");
  if (request && (request->dockerfile || request->dockerfile_text || request->remote))
    return *request;
  std::vector<std::string> names;
  for (const store::RootedTarget& root : store::list_roots(store))
    if (root.kind == store::TargetKind::image) names.push_back(root.target);
  throw usage_error("looking up", name, "no build of an image is known by this name",
                    suggestion(name, names).empty()
                        ? "name a target of a build tree or the first tag of an image that was "
                          "built here; or ask before a build: trainyard build --dry-run CONTEXT"
                        : suggestion(name, names));
}

}  // namespace trainyard::cli
