#include "build/build_image.hpp"

#include "base/error.hpp"
#include "base/text_file.hpp"
#include "build/base_images.hpp"
#include "build/build_session.hpp"
#include "build/context_folders.hpp"
#include "build/executable_plan.hpp"
#include "build/planner.hpp"
#include "build/secrets.hpp"
#include "build/solver.hpp"

namespace trainyard::build {

namespace {

/// So often may a build start over because a layer is gone; each time at least one more step is
/// made.
constexpr int k_most_restarts = 1000;

BuildRequest normalised(const BuildRequest& request) {
  BuildRequest copy = request;
  if (!copy.context.empty()) copy.context = absolute_normal(copy.context);
  if (copy.dockerfile) copy.dockerfile = absolute_normal(*copy.dockerfile);
  read_secrets(copy);
  return copy;
}

Plan plan_of(const store::Store& store, engine::Engine& engine, const BuildRequest& request,
             ContextFolders& folders) {
  const oci::Platform platform = oci::host_platform();
  BaseImages images(store, engine, platform);
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
  const std::string name = request.dockerfile ? request.dockerfile->string() : "Dockerfile";
  const std::string text =
      request.dockerfile_text ? *request.dockerfile_text : read_text(*request.dockerfile);
  return make_plan(dockerfile::parse_dockerfile(text, name), request, images, platform);
}

StageResult solve(BuildSession& session, int& cached, uint64_t& written) {
  std::set<StepPlace> forced;
  for (int i = 0;; ++i) {
    Solver solver(session, forced);
    try {
      StageResult result = solver.solve();
      cached = solver.cached();
      written += solver.written();
      return result;
    } catch (const LayerGone& gone) {
      if (i == k_most_restarts || !forced.insert(gone.maker).second)
        throw Error("building", session.request.name,
                    "layers vanish from the store while it is built",
                    "does another program remove files there? Build again without it");
      session.cancellation.reset();
    }
  }
}

store::Image commit(const BuildSession& session, const StageResult& result) {
  oci::ImageConfig config = session.plan.stages.at(session.plan.target).config;
  config.history = result.history;
  std::vector<uint64_t> sizes;
  for (const auto& layer : result.files.layers) {
    const StoredLayer stored = layer->stored.get();
    config.diff_ids.push_back(stored.diff_id);
    sizes.push_back(stored.size);
  }
  return store::put_image(session.store, config, sizes, session.request.tags);
}

}  // namespace

BuildResult build_image(const store::Store& store, engine::Engine& engine,
                        const BuildRequest& original, const Progress& progress,
                        const PlanReview& review) {
  const BuildRequest request = normalised(original);
  ContextFolders folders(store, request);
  const Plan plan = plan_of(store, engine, request, folders);
  if (review && !request.executables) review(plan);
  Reporter reporter(progress, request.name, plan.total);
  BuildSession session{store, engine, request, plan, folders, reporter, {}, {}, {}, {}};
  int cached = 0;
  uint64_t written = 0;
  const StageResult result = solve(session, cached, written);
  BuildResult built{commit(session, result), plan.total,    cached,
                    folders.read(),          plan.warnings, written};
  built.warnings.insert(built.warnings.end(), session.warnings.begin(), session.warnings.end());
  return built;
}

}  // namespace trainyard::build
