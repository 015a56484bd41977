#include "build/prepared_build.hpp"

#include "base/error.hpp"
#include "base/text_file.hpp"
#include "build/base_images.hpp"
#include "build/executable_plan.hpp"
#include "build/planner.hpp"
#include "build/secrets.hpp"

namespace trainyard::build {

namespace {

BuildRequest normalised(const BuildRequest& request) {
  BuildRequest copy = request;
  if (!copy.context.empty()) copy.context = absolute_normal(copy.context);
  if (copy.dockerfile) copy.dockerfile = absolute_normal(*copy.dockerfile);
  read_secrets(copy);
  return copy;
}

Plan plan_of(const store::Store& store, engine::Engine& engine, const BuildRequest& request,
             ContextFolders& folders) {
  const oci::Platform platform = request.platform.value_or(oci::host_platform());
  if (platform.os != "linux")
    throw usage_error("building", request.name,
                      "images for " + oci::to_text(platform) + " are not built",
                      "write linux/ARCHITECTURE");
  BaseImages images(store, engine);
  for (const auto& [name, source] : request.contexts)
    if (source.kind == ContextSource::Kind::image && !source.folder.empty())
      folders.note_read(source.folder);  // the digest file
  // What a secret holds counts then, so the build graph watches it.
  for (const auto& [id, secret] : request.secrets)
    if (secret.keyed && !secret.file.empty()) folders.note_read(secret.file);
  if (request.executables) return make_executable_plan(store, request, images, folders, platform);
  if (request.dockerfile) folders.note_read(*request.dockerfile);
  if (!request.dockerfile && !request.dockerfile_text)
    throw usage_error("building", request.name, "there is neither a Dockerfile nor executables");
  const std::string name = dockerfile_name(request);
  const std::string text =
      request.dockerfile_text ? *request.dockerfile_text : read_text(*request.dockerfile);
  Plan plan = make_plan(dockerfile::parse_dockerfile(text, name), request, images, platform);
  check_devices_allowed(plan, request, store);
  return plan;
}

Plan labelled(Plan plan, const BuildRequest& request) {
  for (const auto& [name, value] : request.labels)
    plan.stages.at(plan.target).config.config.labels[name] = value;
  return plan;
}

}  // namespace

PreparedBuild::PreparedBuild(const store::Store& the_store, engine::Engine& the_engine,
                             const BuildRequest& original, const Progress& progress)
    : store(the_store),
      engine(the_engine),
      asked(normalised(original)),
      remotes(store, engine, asked, RemoteContexts::Which::all, progress),
      request(remotes.request()),
      folders(store, request),
      plan(labelled(plan_of(store, engine, request, folders), request)) {}

BuildSession PreparedBuild::session(Reporter& reporter) {
  return BuildSession{store, engine, request, plan, folders, reporter, {}, {}, {}, {}};
}

}  // namespace trainyard::build
